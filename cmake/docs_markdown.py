#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What GitHub reads into a Markdown page, told to doxygen: equations, anchors of headings, links. Usage: PAGE, in the root"""
import re
import sys
from pathlib import Path

root, page = Path.cwd(), Path(sys.argv[1]).resolve()


def name(path, heading=""):
    return re.sub(r"\W+", "_", f"{path.relative_to(root).with_suffix('')} {heading}".strip())


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def contents(path):
    """The page that lists it: its folder's, or the first of all, which none lists."""
    pages = path.parent / "README.md", path.parent.with_suffix(".md"), root / "README.md"
    return next((p for p in pages if p.exists() and p != path), None)


def link(match):
    text, target = match.groups()
    plain = text.replace("`", "")
    path, _, heading = target.partition("#")
    path = (page.parent / path).resolve() if path else page
    if "://" in target or path.suffix == ".png":
        return match[0]
    if path.suffix != ".md" or root / "docs" not in path.parents and path.parent != root:
        return text
    if contents(path) == page and not heading and path not in listed:
        listed.add(path)
        return f'@subpage {name(path)} "{plain}"'
    return f"[{plain}](@ref {name(path, heading) if heading or path != root / 'README.md' else 'index'})"


listed, code, titled = set(), False, False
for line in page.read_text().splitlines():
    if line.lstrip().startswith("```"):
        code = not code
    elif not code and not line.startswith("    "):
        line = re.sub(r"\$\$(.+?)\$\$", r"@f[\1@f]", line)
        line = re.sub(r"\$([^$`]+)\$", r"@f$\1@f$", line)
        line = re.sub(r"`[^`]+`", lambda code: f"`{code[0]}`" if "'" in code[0] else code[0], line)
        line = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", line)
        line = re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", link, line)
        if heading := re.match(r"#+ (.*)", line):
            anchor = name(page, slug(heading[1]) if titled else "") if titled or page != root / "README.md" else "mainpage"
            line, titled = f"{line} {{#{anchor}}}", True
    print(line)
