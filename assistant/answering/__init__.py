"""Answers in words, without a language model: a question is parsed, tools are called, sentences cite their figures.

`dates` reads periods in words, `questions` the form and the names, `composer` writes the answer.
"""
