import { Html } from './html.ts';

/** One sheet for light and dark; the reader's system decides. */
export const STYLE = new Html(`
:root {
  color-scheme: light dark;
  --ground: #fbfbfa; --panel: #ffffff; --ink: #1c1d1f; --quiet: #5d6167; --line: #dddfe3;
  --good: #1a7f4b; --good-ground: #e4f4ea; --bad: #b3261e; --bad-ground: #fbe9e7;
  --neutral: #5b6b86; --canary: #b26a00; --full: #2457b3; --mono-ground: #f2f3f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --panel: #1c1f25; --ink: #e8eaed; --quiet: #a3a9b3; --line: #343943;
    --good: #6ed39b; --good-ground: #173326; --bad: #ff8f85; --bad-ground: #3b1c1a;
    --neutral: #9fb0cf; --canary: #f0b453; --full: #86aef5; --mono-ground: #23272f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 22px 0 8px; }
p { margin: 6px 0; }
.quiet { color: var(--quiet); }
.verdict { display: inline-block; font-weight: 650; letter-spacing: .03em; padding: 3px 10px; border-radius: 5px;
  font-size: 13px; margin-bottom: 10px; }
.good { color: var(--good); } .bad { color: var(--bad); } .neutral { color: var(--neutral); }
.verdict.good { background: var(--good-ground); } .verdict.bad { background: var(--bad-ground); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; margin-top: 18px; }
.facts .panel { padding: 10px 14px; }
.facts b { display: block; font-size: 20px; font-weight: 620; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--quiet); border-bottom: 1px solid var(--line); padding: 5px 10px 5px 0; }
td { vertical-align: top; border-bottom: 1px solid var(--line); padding: 7px 10px 7px 0; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
td.word, td.word code { white-space: nowrap; overflow-wrap: normal; }
code { font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  background: var(--mono-ground); padding: 1px 4px; border-radius: 4px; overflow-wrap: anywhere; }
details { margin-top: 10px; } summary { cursor: pointer; color: var(--quiet); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--mono-ground); border-radius: 6px; padding: 10px 12px; font-size: 12.5px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
svg text.ink { fill: var(--ink); }
.legend { display: flex; gap: 18px; flex-wrap: wrap; margin: 8px 0 0; font-size: 13px; color: var(--quiet); }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
`);
