"""Keys people chose, and what Streamlit would make of them if it could."""

from __future__ import annotations

HOSTILE = (
    "<script>window.hacked = 1</script>",
    '<img src="http://elsewhere.example/x.png" onerror="window.hacked = 1">',
    "![](http://elsewhere.example/x.png)",
    "[click](http://elsewhere.example/)",
    "http://elsewhere.example/a www.elsewhere.example me@elsewhere.example",
    "<http://elsewhere.example/>",
    ":material/home: :material_home: :streamlit: :smile: :+1:",
    ":red[x] :blue-badge[y] :small[z] :color[c]{foreground=red} :help[h] :shimmer[s]",
    "$a^2$ $$b$$ `code` ``co`de`` ~~gone~~ ~sub~ **bold** __bold__ *it* _it_",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "---",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "|a|b|",
    "[^1] [x]: http://elsewhere.example/ &amp; &#60; \\* \\",
    "=HYPERLINK(0)",
    "a/../b//c+d%2Fe#f?g'h\"i",
    "e\u0301 é 日本 🎧",
    "\x00\x1b[31m\r\nnext\u2028line\u202egpj.exe\u200b",
    " two  spaces ",
    "\u00e9" * 300,
)
