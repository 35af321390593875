/** What mail in particular can try, beyond the lists of others. */
import type { HostileCase } from "./hostile-html.ts";

const sources = [
  '<img src="https://track.example/open.gif" srcset="https://track.example/2x.gif 2x">',
  '<div style="background-image:url(https://track.example/bg.png)">x</div>',
  "<style>@import url(https://track.example/a.css); body{background:url(https://track.example/b.png)} @font-face{font-family:x;src:url(https://track.example/f.woff)} p{font-family:x}</style><p>x</p>",
  '<link rel="stylesheet" href="https://track.example/a.css"><link rel="prefetch" href="https://track.example/p"><link rel="dns-prefetch" href="//track.example">',
  '<meta http-equiv="refresh" content="0;url=https://track.example/away">',
  '<base href="https://track.example/"><img src="relative.png"><a href="relative">x</a>',
  '<table background="https://track.example/t.png"><tr><td background="https://track.example/c.png">x</td></tr></table>',
  '<video src="https://track.example/v.mp4" poster="https://track.example/p.png" autoplay></video><audio src="https://track.example/a.mp3" autoplay></audio>',
  '<svg><image href="https://track.example/i.png"/><use href="https://track.example/u.svg#x"/><style>@import "https://track.example/s.css"</style></svg>',
  '<object data="https://track.example/o.html"></object><embed src="https://track.example/e.html"><iframe src="https://track.example/f.html"></iframe>',
  '<input type="image" src="https://track.example/i.png"><form action="https://track.example/" id="f"><button formaction="https://track.example/b">x</button></form>',
  '<form id="documentElement"><input name="getBoundingClientRect"></form><img name="documentElement"><img name="body">',
  '<p style="width:expression(alert(1));behavior:url(#x);-moz-binding:url(https://track.example/x.xml#y)">x</p>',
  '<p style="color:red;background:-webkit-image-set(url(https://track.example/1.png) 1x)">x</p>',
  '<p style="content:url(https://track.example/c.png);list-style-image:url(https://track.example/l.png);cursor:url(https://track.example/k.cur),auto">x</p>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<a href="javascript:alert(1)">x</a><a href="&#106;avascript:alert(1)">y</a><a href="data:text/html,<script>alert(1)</script>">z</a>',
  '<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 onload=%22alert(1)%22/>">',
  "<plaintext><script>alert(1)</script>",
  '<details open ontoggle="alert(1)"><summary>x</summary></details><marquee onstart="alert(1)">x</marquee><body onload="alert(1)">',
  '<div style="position:fixed;inset:0;z-index:9999;background:#fff">Your session has ended. <a href="https://evil.example/">Sign in</a></div>',
  `${"<div>".repeat(3000)}deep${"</div>".repeat(3000)}<img src=x onerror=alert(1)>`,
  '<img src="https://track.example/u.png" loading="eager" onerror="alert(1)" referrerpolicy="unsafe-url">',
  '<a href="https://good.example@evil.example/" ping="https://track.example/ping">https://good.example</a>',
];

export const ownHostileCases: readonly HostileCase[] = sources.map((html, index) => ({ id: `own-${index}`, html }));
