import { type Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** A page that needs nothing else: no script, no font, no address. `body` stands inside `<main>`. */
export function pageShell(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`.text;
}
