"""A camera's counters at one moment, as everybody is told of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stats:
    """
    Counters since the start, and rates over the last seconds.

    Args:
        messages_received: Messages that came in, whether anybody watched or not.
        bytes_received: Their bytes.
        rate: Messages per second.
        bytes_rate: Bytes per second.
        displaced: Messages that were not looked at because a newer one came while somebody watched.
        undecodable: Messages that could not be decoded or shown.
        encoded: Pictures and events made, however many viewers each had.
        viewers: Open responses that watch now.
    """

    messages_received: int = 0
    bytes_received: int = 0
    rate: float = 0.0
    bytes_rate: int = 0
    displaced: int = 0
    undecodable: int = 0
    encoded: int = 0
    viewers: int = 0
