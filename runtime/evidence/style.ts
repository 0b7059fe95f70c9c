import { Html } from './html.ts';

/** One sheet for light and dark; the reader's system decides. Contrast of every pair of ink and ground is above 4.5. */
export const STYLE = new Html(`
:root { color-scheme: light dark;
  --ground: #f7f7f5; --panel: #fff; --ink: #1d1e20; --quiet: #5b6066; --line: #dcdee2; --mono: #f0f1f3;
  --good: #176c41; --good-ground: #e2f3e9; --bad: #a8231b; --bad-ground: #fbe7e5;
  --open: #7a5200; --open-ground: #fdf0d5; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #131519; --panel: #1b1e24; --ink: #e7e9ec; --quiet: #a4aab4; --line: #343943; --mono: #242830;
  --good: #74d6a0; --good-ground: #153024; --bad: #ff968c; --bad-ground: #3a1b19;
  --open: #f0c060; --open-ground: #362a10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 24px 56px; }
h1 { font-size: 24px; line-height: 1.3; margin: 8px 0 4px; } h2 { font-size: 18px; margin: 34px 0 10px; }
p { margin: 4px 0; overflow-wrap: anywhere; } a { color: inherit; text-underline-offset: 3px; } .quiet { color: var(--quiet); }
.word { display: inline-block; padding: 2px 9px; border-radius: 5px; font-size: 12.5px; font-weight: 650; white-space: nowrap; }
.good { color: var(--good); background: var(--good-ground); } .bad { color: var(--bad); background: var(--bad-ground); }
.open { color: var(--open); background: var(--open-ground); }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 18px; margin: 10px 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { white-space: nowrap; text-align: left; font-weight: 600; color: var(--quiet); }
th, td { vertical-align: top; border-bottom: 1px solid var(--line); padding: 6px 14px 6px 0; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; } td.number { text-align: right; white-space: nowrap; } td.short { white-space: nowrap; }
code, pre { font: 12.5px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--mono); border-radius: 6px; padding: 10px 12px; margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; }
details[open] summary { margin-bottom: 6px; }
`);
