# SPDX-License-Identifier: MIT
# How the site reads headers, line by line: sections of docstrings are sections, members without a line between them share
# one docstring, what a concept asks for by name is told in docs_names.txt, an Options struct is that of its class
BEGIN {
  while ((getline line < "cmake/docs_names.txt") > 0) told[substr(line, 1, index(line, ":") - 1)] = substr(line, index(line, ":") + 1)
}
NR == 1 { printf "/** @file */ " }
{ match($0, /^ */); margin = substr($0, 1, RLENGTH); code = substr($0, RLENGTH + 1); text = "" }
code ~ /^\/\/\/([^<]|$)/ {
  if (!documented) shared = ""
  while (match(code, / (Shapes|Units|Pre|Throws|Cost|Source): /)) {
    code = substr(code, 1, RSTART) "@house{" substr(code, RSTART + 1, RLENGTH - 3) "} " substr(code, RSTART + RLENGTH)
  }
  shared = shared substr(code, 4)
  column = margin
  documented = 1
}
code == "" || code ~ /^(public|private|protected):/ { shared = ""; documented = 0 }
code !~ /^\/\// { while (match(code, /[0-9A-F]'[0-9A-F]/)) code = substr(code, 1, RSTART) substr(code, RSTART + 2) }  # doxygen takes 1'0 for a quote
margin == "" && code ~ /^(class|struct) / { inside = 1 }
margin == "" && code ~ /^}/ { inside = 0 }
begins && !documented && code !~ /^(\/\/|}|~|#|\|\||template|requires|namespace|friend|static_assert|$)|\/\/\/<|= delete/ {
  name = code
  sub(/ *[=;{].*/, "", name)
  sub(/\(.*/, "()", name)
  sub(/.*[ *&]/, "", name)
  if (code ~ /^struct [A-Za-z]+Options /) text = " What " substr(name, 1, length(name) - 7) " can be told."
  else if (inside && margin == "  " && name in told) text = told[name]
  else if (shared != "" && margin == column && code ~ /^(using|[^=;{]*\()/) text = shared
}
{ print margin (text == "" ? "" : "/**" text " */ ") code }
code !~ /^(\/\/|template|requires)/ { begins = code ~ /(^|[;:{}]) *(\/\/.*)?$/; if (code != "") documented = 0 }
