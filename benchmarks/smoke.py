"""That the benchmark itself works, in some seconds: everything is delivered, nothing torn, the newest wins."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.leaks import best_loop
from benchmarks.load import Watched, viewers
from benchmarks.stages import find_stages, product

_SIZE, _FPS, _COUNT, _SECONDS = 60_000, 20, 20, 2.0


def smoke() -> int:
    """Print what was seen of each server; 1 if something was not as it should be."""
    wrong = 0
    for name, stage in {**find_stages(), "slow": product(best_loop())}.items():
        faults = list(_slow(stage) if name == "slow" else _fast(name, stage))
        wrong += len(faults)
        print(f"{name}: {'; '.join(faults) or 'as it should be'}", flush=True)
    return 1 if wrong else 0


def _fast(name: str, run: Callable[[int, float], Any]) -> Iterator[str]:
    with run(_SIZE, _FPS) as stage, viewers(stage, f"readers:{_COUNT}") as load:
        seen = load.watch(_SECONDS)
        yield from _faults(seen)
        # A peer paces itself, so that what it should have sent is not known to the frame.
        if name not in ("ustreamer", "mjpg-streamer") and seen.groups["readers"].least < 0.9:
            yield f"a viewer had {seen.groups['readers'].least:.1%} of the frames"


def _slow(run: Callable[[int, float], Any]) -> Iterator[str]:
    rate = _SIZE * _FPS // 4
    with run(_SIZE, _FPS) as stage, viewers(stage, "readers:5", f"slow:2:rate={rate}:buffer=8192") as load:
        load.watch(1)
        seen = load.watch(_SECONDS)
        yield from _faults(seen)
        if not 0 < seen.groups["slow"].fraction < 0.5:
            yield f"a slow viewer had {seen.groups['slow'].fraction:.1%} of the frames"
        if seen.groups["slow"].age_max > 5 * _SIZE / rate:
            yield f"a slow viewer had a frame {seen.groups['slow'].age_max:.1f} s old"
        if sum(viewer["skipped"] > 0 for viewer in stage.state()["viewers"]) < 2:
            yield "the server does not say whom it skipped"


def _faults(seen: Watched) -> Iterator[str]:
    for group in seen.groups.values():
        if group.bad or group.refused or group.ended:
            yield f"{group.bad} with bad parts ({group.fault}), {group.refused} refused, {group.ended} ended"
        if not group.frames:
            yield "nothing was delivered"
