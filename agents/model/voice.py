"""The voice of an answer: what went out to the person, in order."""

from agents.brain import Emit


class Voice:
    """What the person has heard so far of one answer."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.said = ""

    async def say(self, text: str) -> None:
        self.said += text
        await self._emit(text)

    async def settle(self, text: str) -> None:
        """`text` is what was said last: said now, after a blank line when something else was said before."""
        if self.said != text:
            await self.say(f"\n\n{text}" if self.said else text)

    async def break_off(self) -> None:
        """Ends the line of an answer that will not be finished."""
        if self.said:
            await self.say("\n")
