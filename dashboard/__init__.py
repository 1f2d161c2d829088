"""Pages for people: server-rendered, readable without script, every state in the URL. No models.

To add a page:

1. `dashboard/pages/<page>.py` with view functions decorated by `@page` (`dashboard/views.py`) and its own
   `urlpatterns`; add the module's name to `PAGES` in `dashboard/urls.py`. Names live in the namespace `dashboard`.
2. A template `dashboard/<page>.html` that extends `dashboard/base.html` and fills the blocks `title`, `main`, and
   `scripts` when it draws charts (`{% include "dashboard/components/chart_scripts.html" %}`).
3. A line in `SECTIONS` of `dashboard/components/navigation.py` if it belongs into the navigation.
4. Figures come from the functions behind the API (`stats/answers/rankings.py` …), never from HTTP, never computed
   again. Bad parameters raise `dashboard.views.BadInput`, unknown things `django.http.Http404`: both become friendly
   pages.
5. Build lists with `dashboard.components.tables.Table` and charts with `dashboard.components.chart.Chart`: the table
   is the one source, the script draws from it. Times go through `{% local_time instant zone %}`, states through
   `{% status word %}`.
6. Add its addresses to `PAGES` of `dashboard/tests/browser/addresses.py`: the browser tests then open it on a phone
   and a desk, in light and dark, with axe-core, and weigh it.
"""
