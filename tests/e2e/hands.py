"""Mouse, finger and keyboard: three ways to do the same things to the page."""

from contextlib import contextmanager
from typing import ClassVar

from tests.e2e.pages import at, drag, settle

MAX_TABS = 90
STEP = 0.02
"""How far an arrow key moves the crosshair, a share of the picture."""


class Mouse:
    context: ClassVar[dict[str, bool]] = {}

    def __init__(self, page) -> None:
        self.page = page

    def press(self, selector: str) -> None:
        self.page.click(selector)

    def choose(self, name: str, value: str) -> None:
        """One of several that exclude each other."""
        self.press(f"label:has(input[name={name}][value={value}])")

    def touch(self, x: float, y: float) -> None:
        """A place of the photograph, shares of its width and height."""
        self.page.mouse.click(*at(self.page, x, y))
        settle(self.page)

    def draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        drag(self.page, at(self.page, *start), at(self.page, *end))
        settle(self.page)

    def divide(self, share: float) -> None:
        """Move the line between before and after, share: of the stage's width."""
        grip, stage = (self.page.locator(each).bounding_box() for each in (".grip", "tt-stage"))
        middle = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        drag(self.page, middle, (stage["x"] + share * stage["width"], middle[1]))

    def slide(self, selector: str, share: float) -> None:
        """Move a slider. share: of its range."""
        self.page.locator(selector).click(position=self._on(selector, share))

    def _on(self, selector: str, share: float) -> dict[str, float]:
        box = self.page.locator(selector).bounding_box()
        return {"x": 8 + share * (box["width"] - 16), "y": box["height"] / 2}

    @contextmanager
    def hold(self, selector: str):
        box = self.page.locator(selector).bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        yield
        self.page.mouse.up()


class Finger(Mouse):
    context: ClassVar[dict[str, bool]] = {"has_touch": True, "is_mobile": True}

    def __init__(self, page) -> None:
        super().__init__(page)
        self.session = page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def press(self, selector: str) -> None:
        self.page.tap(selector)

    def touch(self, x: float, y: float) -> None:
        self.page.touchscreen.tap(*at(self.page, x, y))
        settle(self.page)

    def draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._drag(at(self.page, *start), at(self.page, *end))
        settle(self.page)

    def divide(self, share: float) -> None:
        grip, stage = (self.page.locator(each).bounding_box() for each in (".grip", "tt-stage"))
        middle = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        self._drag(middle, (stage["x"] + share * stage["width"], middle[1]))

    def _drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.send("touchStart", start)
        for i in range(1, 6):
            place = [a + (b - a) * i / 5 for a, b in zip(start, end, strict=True)]
            self.send("touchMove", (place[0], place[1]))
        self.send("touchEnd")

    def slide(self, selector: str, share: float) -> None:
        self.page.locator(selector).tap(position=self._on(selector, share))

    @contextmanager
    def hold(self, selector: str):
        box = self.page.locator(selector).bounding_box()
        self.send("touchStart", (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
        yield
        self.send("touchEnd")


class Keys(Mouse):
    def focus(self, selector: str) -> None:
        """Go there by Tab alone."""
        for _ in range(MAX_TABS):
            if self.page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {selector}")

    def press(self, selector: str) -> None:
        self.focus(selector)
        self.page.keyboard.press("Enter")

    def choose(self, name: str, value: str) -> None:
        self.focus(f"input[name={name}]")
        for _ in range(MAX_TABS):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowRight")
        raise AssertionError(f"arrow keys do not lead to {value}")

    def touch(self, x: float, y: float) -> None:
        self.focus("tt-stage")
        self._cross(x, y)
        self.page.keyboard.press("Enter")
        settle(self.page)

    def _cross(self, x: float, y: float) -> None:
        """The crosshair begins where it was left; first it goes to the top left corner."""
        for _ in range(10):
            self.page.keyboard.press("Shift+ArrowLeft")
            self.page.keyboard.press("Shift+ArrowUp")
        for key, share in (("ArrowRight", x), ("ArrowDown", y)):
            for _ in range(int(share * 10 + 1e-6)):
                self.page.keyboard.press(f"Shift+{key}")
            for _ in range(round((share % 0.1) / STEP)):
                self.page.keyboard.press(key)

    def draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        for share in (0, 0.5, 1):
            self.touch(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))

    def divide(self, share: float) -> None:
        self.focus(".grip")
        self.page.keyboard.press("Home")
        for _ in range(round(share / STEP)):
            self.page.keyboard.press("ArrowRight")

    def slide(self, selector: str, share: float) -> None:
        self.focus(selector)
        low, high, step = (
            float(self.page.get_attribute(selector, each) or 1) for each in ("min", "max", "step")
        )
        self.page.keyboard.press("Home")
        for _ in range(round(share * (high - low) / step)):
            self.page.keyboard.press("ArrowRight")

    @contextmanager
    def hold(self, selector: str):
        self.page.keyboard.down(" ")
        yield
        self.page.keyboard.up(" ")


HANDS = {"mouse": Mouse, "finger": Finger, "keys": Keys}
