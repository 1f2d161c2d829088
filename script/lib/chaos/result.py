"""What a part of script/chaos found."""

import json
from dataclasses import asdict, dataclass, field


@dataclass
class Result:
    """`lost`: rows once stored that are gone, or that differ. `doubled`: rows of a ride that overlap, slots run twice.
    `stuck`: what nobody ends any more, or did not go on in time. `orphaned`: processes without who started them."""

    name: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    orphaned: int = 0
    seconds: list[float] = field(default_factory=list)  # each until all went on
    notes: list[str] = field(default_factory=list)

    def recovered(self, what: str, seconds: float | None, most: float) -> None:
        """`seconds` None: not at all."""
        self.tried += 1
        if seconds is None or seconds > most:
            self.stuck += 1
        if seconds is not None:
            self.seconds.append(seconds)
        shown = "never" if seconds is None else f"{seconds:.0f} s"
        print(f"  {what}: goes on after {shown} (allowed: {most:.0f} s)", flush=True)

    def wrong(self, what: str) -> None:
        self.stuck += 1
        self.notes.append(what)
        print(f"  WRONG {what}", flush=True)

    def leaves(self, orphans: list[str]) -> None:
        self.orphaned += len(orphans)
        self.notes += [f"left behind: {each}" for each in orphans]

    @property
    def is_good(self) -> bool:
        return bool(self.tried) and not (self.lost or self.doubled or self.stuck or self.orphaned)

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def table(results: list[Result]) -> str:
    lines = [f"{'':12}{'tried':>7}{'lost':>7}{'doubled':>9}{'stuck':>7}{'orphaned':>10}{'seconds to recovery':>22}"]
    for each in results:
        seconds = f"{min(each.seconds):.0f} to {max(each.seconds):.0f}" if each.seconds else "-"
        counts = f"{each.tried:>7}{each.lost:>7}{each.doubled:>9}{each.stuck:>7}{each.orphaned:>10}"
        lines.append(f"{each.name:12}{counts}{seconds:>22}")
        lines += [f"{'':12}  {note}" for note in each.notes]
    return "\n".join(lines)
