"""What wants somebody's attention, in two numbers."""

from web.models.shape import Told


class AttentionReply(Told):
    """`firing` is None where the list of alerts is closed to the role; with own alerts alone, it counts those."""

    firing: int | None
    confirmations: int
