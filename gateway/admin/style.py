"""The style of the status page: no font, image or script from anywhere; light and dark; a phone as well as a screen."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #1b2330; --soft: #5a6575; --line: #dde2e9; --link: #0b5cad;
  --good: #17693a; --good-back: #e2f3e8; --bad: #a3251d; --bad-back: #fbe6e4; --warn: #7a4b00; --warn-back: #fff0d1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e4e8ee; --soft: #9aa6b5; --line: #303947; --link: #7db8f5;
    --good: #7fd6a0; --good-back: #173325; --bad: #ff9d94; --bad-back: #42201e; --warn: #ffcf7a; --warn-back: #3d2e10;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
body > * { max-width: 72rem; margin-inline: auto; padding-inline: 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding-top: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; }
h1 small { font-size: .95rem; font-weight: 400; color: var(--soft); }
main { display: grid; gap: 1.25rem; padding-block: 1.25rem; }
main > * { min-width: 0; }
a { color: var(--link); }
code { font: .9em ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.chip { display: inline-block; padding: .15rem .7rem; border-radius: 1rem; font-weight: 600; font-size: .9rem; }
.chip { white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.warn { color: var(--warn); background: var(--warn-back); }
.plain { color: var(--soft); background: var(--page); }
.banner { border: 2px solid; border-radius: .5rem; padding: .8rem 1.1rem; }
.banner strong { display: block; font-size: 1.15rem; }
dl, .scroll { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: 0; }
dl { display: grid; grid-template-columns: repeat(4, 1fr); }
dl > div { padding: .7rem 1.1rem; min-width: 0; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.figures dd { font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--link); }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding: .7rem 1.1rem .3rem; }
th, td { text-align: left; padding: .38rem 1.1rem; border-top: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-size: .85rem; font-weight: 600; border-top: 0; white-space: nowrap; }
td { font-variant-numeric: tabular-nums; }
td.number, th.number { text-align: right; white-space: nowrap; }
td code, .status, .name, time { white-space: nowrap; }
.name { color: var(--soft); }
td .below { display: block; color: var(--soft); }
td .chip { font-size: .8rem; }
.c2 { color: var(--good); } .c5, .c0 { color: var(--bad); } .c4 { color: var(--warn); }
.same, .empty { color: var(--soft); }
footer { color: var(--soft); padding-bottom: 2rem; }
footer a { margin-right: 1.2rem; }
@media (max-width: 56rem) {
  th, td, caption { padding-inline: .7rem; }
  dl { grid-template-columns: 1fr 1fr; }
}
@media (max-width: 40rem) {
  body > * { padding-inline: .75rem; }
  th, td, caption { padding-inline: .5rem; }
  td code, .status, .name, time { white-space: normal; overflow-wrap: break-word; }
  td .below { min-width: 8rem; }
  td:last-child .below { min-width: 15rem; }
}
"""
