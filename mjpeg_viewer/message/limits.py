"""How much of what a sender announces is believed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """
    Bounds on one message.  What is over a bound is refused before memory is taken for it.

    Args:
        message_bytes: Size of one whole message as received.
        value_bytes: Decoded size of the picture, and of all other values of a message together: compressed zeros
            shrink 255-fold.  A 2560 x 2160 image of 64-bit numbers has 44 MB.
        pixels: Width times height of one image.
        channels: Channels in one data header.
        header_bytes: Decoded size of either header.  10 000 channels make some 1.5 MB.
        string_bytes: Decoded size of all strings of a message together; cam_server's processing_parameters have a few
            kB.
    """

    message_bytes: int = 256 * 2**20
    value_bytes: int = 256 * 2**20
    pixels: int = 100_000_000
    channels: int = 10_000
    header_bytes: int = 4 * 2**20
    string_bytes: int = 2**20
