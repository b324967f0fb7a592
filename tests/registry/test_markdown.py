"""Markdown of people becomes HTML in which nothing runs."""

import pytest

from registry.markdown import render_markdown


def test_what_guides_need_is_rendered() -> None:
    html = render_markdown(
        "# Unit\n\n**mg/dL**, `x`\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "[source](https://example.org 'T')"
    )
    assert "<h3>Unit</h3>" in html
    assert "<strong>mg/dL</strong>, <code>x</code>" in html
    assert html.count("<li>") == 2
    assert "<td>2</td>" in html
    assert '<a href="https://example.org" title="T" rel="nofollow noopener">source</a>' in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://example.org/track.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "<a href='https://example.org' onclick='x()'>x</a>",
        "```<style>\nbody{display:none}</style>\n```",
    ],
)
def test_nothing_runs_or_is_fetched(text: str) -> None:
    html = render_markdown(text)
    for word in ("<script", "<img", "<style", 'href="javascript', 'href="data', "<a href='"):
        assert word not in html
