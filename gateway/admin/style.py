"""The style of the pages: no font, image or script from anywhere; light and dark; a phone as well as a screen.

A table is a table where there is room for it, and a card for each row where there is not: each cell then brings the head of
its column along (`data-head`), in the matrix its code (`data-code`).
"""

_COLOURS = """
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #fff; --ink: #1a2330; --soft: #56616f; --line: #d8dfe8; --link: #0b57a4; --focus: #0b57a4;
  --good: #14653a; --good-back: #e0f2e7; --bad: #a01d16; --bad-back: #fbe5e3; --warn: #744600; --warn-back: #ffefcc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151b; --card: #1a2029; --ink: #e6eaf0; --soft: #a1acba; --line: #323c4a; --link: #84bdf7; --focus: #84bdf7;
    --good: #84d9a5; --good-back: #17352a; --bad: #ffa199; --bad-back: #43211f; --warn: #ffd07c; --warn-back: #3c2e11;
  }
}
"""

_FRAME = """
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin-inline: auto; padding-inline: 1.25rem; }
header { padding-top: 1.25rem; }
main { display: grid; gap: 1.25rem; padding-block: 1.25rem; }
main > * { min-width: 0; margin: 0; }
main:focus { outline: none; }
footer { color: var(--soft); padding-bottom: 2rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: .2rem; }
.skip { position: absolute; left: .5rem; top: -4rem; padding: .5rem 1rem; background: var(--card); z-index: 1; }
.skip:focus { top: .5rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.title { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; }
.updating { margin: 0 0 0 auto; color: var(--soft); }
h1 { font-size: 1.5rem; margin: 0; }
h1 small { font-size: .95rem; font-weight: 400; color: var(--soft); }
h2 { font-size: 1.1rem; margin: 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; margin: .6rem 0 0; padding: 0; }
nav a { display: inline-block; padding: .3rem 0; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
code { font: .9em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: break-word; }
"""

_PARTS = """
.mode { border: 2px solid; border-radius: .6rem; padding: .5rem 1.25rem; }
.mode { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: center; }
.mode p { margin: 0; flex: 1 1 20rem; }
.mode .large { flex: 0 1 auto; font-size: 2.4rem; line-height: 1.25; font-weight: 800; letter-spacing: .06em; }
.mode a { color: inherit; }
.enforce { color: var(--good); background: var(--good-back); }
.observe { color: var(--warn); background: var(--warn-back); }
.lead { font-size: 1.1rem; }
.chip { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.warn { color: var(--warn); background: var(--warn-back); }
.plain { color: var(--soft); background: var(--page); }
dl, .card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; margin: 0; }
dl { display: grid; grid-template-columns: repeat(4, 1fr); }
dl > div { padding: .7rem 1.25rem; min-width: 0; }
dt, .same, .empty, .note, .below, .name { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.figures dd { font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.card > h2, .card > p, .card.text { margin: 0; padding: .7rem 1.25rem; }
.card > h2 { padding-bottom: .2rem; }
.card.text > h2, .card.text > p { padding: 0; }
.card.text > p { margin: .4rem 0 0; }
.card > .note { border-top: 1px solid var(--line); padding-block: .5rem; }
.below, .step { display: block; }
.step code { overflow-wrap: anywhere; }
.below { font-size: .9rem; font-weight: 400; }
.status { font-weight: 600; font-variant-numeric: tabular-nums; }
.c2 { color: var(--good); } .c5, .c0 { color: var(--bad); } .c4 { color: var(--warn); }
"""

_TABLES = """
.scroll { overflow-x: auto; border-radius: .6rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .4rem 1.25rem; vertical-align: top; font-weight: 400; }
tbody tr, .matrix tbody { border-top: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .9rem; font-weight: 600; vertical-align: bottom; }
th[scope=row] .below { min-width: 0; }
td { font-variant-numeric: tabular-nums; }
.number { text-align: right; white-space: nowrap; }
time, .chip, .codes { white-space: nowrap; }
.matrix tbody tr { border: 0; }
.matrix th, .matrix td { padding: .25rem .5rem; }
.matrix th:first-child, .matrix td:first-child { padding-left: 1.25rem; width: 60%; }
.matrix tbody tr:first-child > * { padding-top: .5rem; }
.matrix tbody tr:last-child > * { padding-bottom: .5rem; }
.matrix tr:first-child { height: 1px; }
.matrix .name { color: var(--ink); font-weight: 600; }
.matrix .name .below { display: inline-block; margin-right: .75rem; }
.matrix .who { color: var(--soft); white-space: nowrap; }
.matrix .number { font-weight: 400; }
.matrix .number strong { font-weight: 800; }
.matrix td.number:empty::before { content: "\\00b7" / ""; color: var(--soft); }
.matrix tr > :last-child { padding-right: 1.25rem; }
.matrix ul { list-style: none; margin: 0; padding: 0; }
"""

# For a row of a table as a card, and for a line of the matrix that wraps.
_CARDS = """
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; }
  th[role], td[role] { padding: .15rem 1rem; width: auto; text-align: left; }
"""
_PHONE = """
  header, main, footer { padding-inline: .75rem; }
  .card > h2, .card > p, .card.text, dl > div { padding-inline: 1rem; }
  dl { grid-template-columns: 1fr 1fr; }
  .updating { margin: 0; }
  .mode { padding-inline: 1rem; }
  .cards tr { padding-block: .5rem; }
  .cards td { display: grid; grid-template-columns: 7.25rem 1fr; gap: .5rem; }
  .cards td > div { min-width: 0; overflow-wrap: anywhere; }
  .cards td::before { content: attr(data-head); color: var(--soft); }
  .cards .number, time { white-space: normal; }
"""
_WRAPPED = """
  WHERE thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  WHERE, WHERE tbody { display: block; }
  WHERE tbody { padding-block: .6rem; }
  WHERE tr[role] { display: flex; flex-wrap: wrap; padding: 0 0 0 var(--who); height: auto; }
  WHERE tr[role] > *[role] { display: block; padding: 0; width: auto; }
  WHERE tr > .name, WHERE tr > .flows { flex: 0 0 calc(100% + var(--who) - 1.25rem); }
  WHERE tr > .name, WHERE tr > .flows, WHERE tr > .who { margin-left: calc(1.25rem - var(--who)); }
  WHERE tr[role] > .flows[role] { order: 1; padding: .2rem 1rem 0 0; }
  WHERE tr > .who { flex: 0 0 calc(var(--who) - 1.25rem + 1px); }
  WHERE tr > .number { margin-right: 1rem; }
  WHERE tr[role] > .number:not([data-code]) { display: none; }
  WHERE .number::before { content: attr(data-code) " \\00d7\\2009"; color: var(--soft); }
  WHERE { --who: 8rem; }
"""

_NARROW = "@media (max-width: 48rem) {"
STYLE = (
    _COLOURS
    + _FRAME
    + _PARTS
    + _TABLES
    + _WRAPPED.replace("WHERE", ".many")
    + _NARROW
    + _CARDS
    + _PHONE
    + _WRAPPED.replace("WHERE", ".matrix").replace("8rem", "7.6rem")
    + "}\n@media (max-width: 60rem) { dl { grid-template-columns: 1fr 1fr; } }\n"
)
