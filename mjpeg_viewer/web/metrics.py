"""
What Prometheus asks: the counters of /state, in its text format.

Nothing is counted here: each answer is made of the counters as they stand.  It has the cameras that who asks may see,
and what is the whole server's; a token, which is one camera's, gets nothing but that.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import get_args

from aiohttp import hdrs, web
from prometheus_client import ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from mjpeg_viewer import __version__
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.status import State
from mjpeg_viewer.troubles import Troubles
from mjpeg_viewer.web.keys import IDENTITY, REFUSED, VIEWERS
from mjpeg_viewer.web.traffic import KINDS, Sent
from mjpeg_viewer.web.viewers import Viewers
from mjpeg_viewer.web.visible import get_cameras

# https://prometheus.io/docs/instrumenting/exposition_formats: what every version of it reads, and OpenMetrics is not.
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PROCESS = ProcessCollector(registry=None)

_CAMERA = ("camera",)
_BY_KIND = ("camera", "kind")


async def metrics(request: web.Request) -> web.Response:
    """Tell of every camera that may be seen, and of the process, as Prometheus reads it."""
    families = _describe_cameras(get_cameras(request).values(), request.app[VIEWERS])
    whole = not request[IDENTITY].token
    if whole:
        families += _describe_server(request.app[REFUSED])
    # The process's descriptors are counted by listing them, thousands perhaps: not on the loop.
    text = await asyncio.to_thread(_render, families, whole)
    return web.Response(body=text, headers={hdrs.CONTENT_TYPE: _CONTENT_TYPE})


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _render(families: list[Metric], with_process: bool) -> bytes:
    return generate_latest(_Collected([*families, *(_PROCESS.collect() if with_process else ())]))


def _describe_server(refused: Troubles) -> list[Metric]:
    refusals = CounterMetricFamily(
        "mjpeg_viewer_refused", "Requests and connections that were refused, by kind.", labels=("reason",)
    )
    for reason, count in refused.counts.items():
        refusals.add_metric([reason], count)
    return [InfoMetricFamily("mjpeg_viewer", "The server.", {"version": __version__}), refusals]


def _describe_cameras(cameras: Iterable[Camera], viewers: Viewers) -> list[Metric]:
    present = [*viewers]
    sent = viewers.traffic.count(present)
    watchers = Counter((name, viewer.kind) for viewer in present for name in viewer.cameras)
    families = [
        online := GaugeMetricFamily(
            "mjpeg_viewer_camera_online", "Whether fresh pictures can be expected.", labels=_CAMERA
        ),
        states := GaugeMetricFamily(
            "mjpeg_viewer_camera_status", "What the camera is doing: 1 for that, 0 else.", labels=("camera", "status")
        ),
        last := GaugeMetricFamily(
            "mjpeg_viewer_last_message_timestamp_seconds",
            "When its last message came, since the epoch; not there before the first.",
            labels=_CAMERA,
        ),
        received := CounterMetricFamily("mjpeg_viewer_messages_received", "Messages that came in.", labels=_CAMERA),
        received_bytes := CounterMetricFamily("mjpeg_viewer_received_bytes", "Their bytes.", labels=_CAMERA),
        displaced := CounterMetricFamily(
            "mjpeg_viewer_messages_displaced",
            "Messages that were not looked at, because a newer one came while somebody watched.",
            labels=_CAMERA,
        ),
        undecodable := CounterMetricFamily(
            "mjpeg_viewer_messages_undecodable",
            "Messages that could not be decoded or shown, by kind of trouble.",
            labels=("camera", "reason"),
        ),
        encoded := CounterMetricFamily(
            "mjpeg_viewer_encoded", "Pictures and events made, however many viewers each had.", labels=_CAMERA
        ),
        watching := GaugeMetricFamily(
            "mjpeg_viewer_viewers", "Open responses that watch, of pictures (stream) and of events.", labels=_BY_KIND
        ),
        items := CounterMetricFamily(
            "mjpeg_viewer_sent", "Pictures or events sent to viewers of this camera alone.", labels=_BY_KIND
        ),
        sent_bytes := CounterMetricFamily("mjpeg_viewer_sent_bytes", "Their bytes.", labels=_BY_KIND),
        skipped := CounterMetricFamily(
            "mjpeg_viewer_skipped",
            "Pictures or events that these viewers were not sent, as they were still taking an earlier one.",
            labels=_BY_KIND,
        ),
    ]
    for camera in cameras:
        name, status, stats, intake = camera.name, camera.status, camera.count(), camera.source.intake
        online.add_metric([name], status.online)
        for state in get_args(State):
            states.add_metric([name, state], state == status.state)
        if intake.last is not None:
            last.add_metric([name], intake.last)
        received.add_metric([name], stats.messages_received)
        received_bytes.add_metric([name], stats.bytes_received)
        displaced.add_metric([name], stats.displaced)
        for kind, count in camera.troubles.counts.items():
            undecodable.add_metric([name, kind], count)
        encoded.add_metric([name], stats.encoded)
        for kind in KINDS:
            one = sent.get((name, kind), Sent())
            watching.add_metric([name, kind], watchers[name, kind])
            items.add_metric([name, kind], one.items)
            sent_bytes.add_metric([name, kind], one.size_bytes)
            skipped.add_metric([name, kind], one.skipped)
    return families
