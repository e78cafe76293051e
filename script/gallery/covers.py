"""Covers of invented albums: a few shapes in a few colours, drawn by the browser."""

from collections.abc import Callable
import random

from playwright.async_api import Page

SIZE = 600

type Draw = Callable[[random.Random, tuple[str, str, str]], str]


async def cover(page: Page, number: int, colours: tuple[str, str, str]) -> bytes:
    """Return a PNG. The same number always gives the same picture."""
    ground, *_ = colours
    shapes = STYLES[number % len(STYLES)](random.Random(number), colours)  # noqa: S311
    await page.set_viewport_size({"width": SIZE, "height": SIZE})
    await page.set_content(
        f'<style>body{{margin:0}}svg{{display:block}}</style><svg width="{SIZE}" height="{SIZE}" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" fill="{ground}"/>{shapes}</svg>'
    )
    return await page.screenshot(type="png")


def _sun(dice: random.Random, colours: tuple[str, str, str]) -> str:
    _, middle, front = colours
    hills = "".join(
        f'<path d="M0 {at} Q 25 {at - dice.randint(6, 16)} 50 {at} T 100 {at} V 100 H 0 Z" fill="{front}" opacity="{opacity}"/>'
        for at, opacity in ((66, 0.45), (76, 0.7), (87, 1))
    )
    return f'<circle cx="{dice.randint(35, 65)}" cy="42" r="24" fill="{middle}"/>{hills}'


def _rings(dice: random.Random, colours: tuple[str, str, str]) -> str:
    _, middle, front = colours
    x, y = dice.randint(30, 70), dice.randint(30, 70)
    return "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{middle if radius % 2 else front}" stroke-width="3.2"/>'
        for radius in range(6, 80, 7)
    )


def _stripes(dice: random.Random, colours: tuple[str, str, str]) -> str:
    _, middle, front = colours
    bars = "".join(
        f'<rect x="{at}" y="-60" width="{dice.randint(4, 12)}" height="220" fill="{middle if index % 2 else front}"/>'
        for index, at in enumerate(range(-50, 150, 15))
    )
    return f'<g transform="rotate({dice.choice((-35, 35, 60))} 50 50)">{bars}</g>'


def _leaves(dice: random.Random, colours: tuple[str, str, str]) -> str:
    _, middle, front = colours
    return "".join(
        f'<path d="M{x} {y} h20 a20 20 0 0 1 -20 20 z" transform="rotate({dice.choice((0, 90, 180, 270))} {x + 10} {y + 10})"'
        f' fill="{dice.choice((middle, front))}"/>'
        for x in range(0, 100, 20)
        for y in range(0, 100, 20)
    )


def _waves(dice: random.Random, colours: tuple[str, str, str]) -> str:
    _, middle, front = colours
    lift = dice.randint(5, 9)
    return "".join(
        f'<path d="M-5 {at} q 13 {-lift} 27 0 t 27 0 t 27 0 t 27 0" fill="none" stroke="{front if at % 20 else middle}" stroke-width="2.4"/>'
        for at in range(8, 104, 10)
    )


def _moons(dice: random.Random, colours: tuple[str, str, str]) -> str:
    ground, middle, front = colours
    shift = dice.randint(8, 16)
    return (
        f'<circle cx="50" cy="50" r="32" fill="{middle}"/><circle cx="{50 + shift}" cy="{50 - shift / 2}" r="30" fill="{ground}"/>'
        f'<circle cx="{50 + shift}" cy="{50 - shift / 2}" r="7" fill="{front}"/>'
    )


STYLES: tuple[Draw, ...] = (_sun, _rings, _leaves, _waves, _moons, _stripes)
