"""How the page looks: by the reader's light or dark, and on paper."""

STYLE = (
    """
:root { color-scheme: light dark; --paper: #ffffff; --panel: #f4f5f7; --ink: #1b1f24; --soft: #59636e; --rule: #d4d9df;
  --c0: #1f6fb2; --c1: #c8501e; --c2: #1c8a63; --c3: #8b4fb3; --c4: #a9781a; --c5: #c23b74; --c6: #2a8fa6; --c7: #6b6f76; --warn: #d0402f; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --panel: #1e2227; --ink: #e6e9ed; --soft: #a3acb6; --rule: #39414a;
  --c0: #5aa7e8; --c1: #f08a5d; --c2: #4cc494; --c3: #c08be6; --c4: #d9ae4e; --c5: #f07aa8; --c6: #5cc4da; --c7: #a0a6ae; --warn: #f0705f; } }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --panel: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb;
  --c0: #1f6fb2; --c1: #c8501e; --c2: #1c8a63; --c3: #8b4fb3; --c4: #a9781a; --c5: #c23b74; --c6: #2a8fa6; --c7: #6b6f76; --warn: #d0402f; }
  nav { display: none; } body { font-size: 10pt; } main { max-width: none; }
  figure, .card, tr { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
h1 { font-size: 1.7rem; margin: 28px 0 4px; overflow-wrap: anywhere; } h2 { font-size: 1.25rem; margin: 0 0 4px; }
header p, section > p, .meaning, .said, footer { color: var(--soft); } section > p { max-width: 78ch; margin: 0 0 14px; }
section { border-top: 1px solid var(--rule); padding: 22px 0 18px; scroll-margin-top: 10px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 12px 0 20px; list-style: none; }
a { color: var(--c0); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; }
.card { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 14px; overflow-wrap: anywhere; }
.card h3 { font-size: .95rem; margin: 0; } .card p { margin: 0; } .value { font-size: 1.7rem; font-weight: 650; }
.said { font-size: .88rem; } .meaning { font-size: .82rem; }
.grid-of { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 22px; align-items: start; }
figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; margin-bottom: 4px; overflow-wrap: anywhere; }
.verdict { font-weight: 600; } .warned { color: var(--warn); }
.scroll { overflow-x: auto; margin: 10px 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; overflow-wrap: anywhere; max-width: 46ch; }
th:first-child { text-align: left; } tbody th { font-weight: 500; } td, th { unicode-bidi: isolate; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 0; margin: 4px 0 0; list-style: none; font-size: .82rem; overflow-wrap: anywhere; }
svg.chart { display: block; max-width: 100%; height: auto; font: 11.5px system-ui, -apple-system, "Segoe UI", sans-serif; }
svg text { fill: var(--ink); } svg .axes text { fill: var(--soft); } svg .small { font-size: 11px; } svg .strong { font-weight: 600; }
.grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--soft); stroke-width: 1; }
.diagonal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .faint { stroke-width: 1.3; }
.mark { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 2; }
.band { fill: var(--ink); fill-opacity: 0; } .band:hover { fill-opacity: .09; }
.dot.ink { fill: var(--ink); } .strong { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.bounds { stroke: var(--soft); stroke-width: 1.4; fill: none; } .dot { stroke: var(--paper); stroke-width: 1; }
.cell { stroke: var(--rule); stroke-width: .6; } .route { fill: none; stroke: var(--soft); stroke-width: 1.1; stroke-opacity: .5; }
.route:hover { stroke-opacity: 1; stroke-width: 2.4; } .box { fill: var(--panel); stroke: var(--rule); }
"""
    + "\n".join(
        f".line.s{n} {{ stroke: var(--c{n}); }} .fill.s{n}, .dot.s{n} {{ fill: var(--c{n}); }}" for n in range(8)
    )
    + "\n.fill.warning { fill: var(--warn); }\n"
)
