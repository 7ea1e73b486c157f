"""The style sheet of report pages: light and dark, wide and narrow, no outside files."""

_RULES = """
:root{--page:#f6f6f3;--card:#fdfdfc;--ink:#1b1b19;--soft:#52514b;--faint:#85837b;--line:#e3e2dc;--axis:#b9b7ae;
--s1:#2a78d6;--s2:#1baf7a;--s3:#eda100;--s4:#4a3aa7;--s5:#e34948;--s6:#e87ba4;
--s7:#008300;--s8:#eb6834;--s0:#8f8d85;
--good:#0a7d32;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#121211;--card:#1b1b19;--ink:#f2f1ec;--soft:#bdbbb2;
--faint:#8f8d85;--line:#31302d;--axis:#55534d;--s1:#3987e5;--s2:#199e70;--s3:#c98500;--s4:#9085e9;--s5:#e66767;--s6:#d55181;
--s7:#3c9a3c;--s8:#d95926;--good:#5cc98a;--bad:#f28b82}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;color-scheme:light dark}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:40px 0 12px}
h3{font-size:.95rem;margin:0 0 2px;font-weight:600}
p{margin:6px 0;max-width:75ch}
.soft{color:var(--soft)}.note{color:var(--soft);font-size:.86rem}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0 6px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:9px 14px;
min-width:104px}
.tile b{display:block;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.tile span{color:var(--soft);font-size:.82rem}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(320px,100%),1fr));gap:14px}
.users{grid-template-columns:repeat(auto-fill,minmax(min(460px,100%),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px;min-width:0}
.card>p{margin:0 0 8px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.92rem}
th,td{text-align:right;padding:8px 14px;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;
white-space:nowrap;vertical-align:top}
tr:last-child>td,tr:last-child>th{border-bottom:0}
thead th{color:var(--soft);font-weight:600;font-size:.85rem;white-space:normal;vertical-align:bottom}
.text :is(th,td){text-align:left}
th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:var(--card)}
tbody th{font-weight:500}
td.left{text-align:left;white-space:normal;overflow-wrap:anywhere}
:is(td,th) small{display:block;color:var(--faint);font-size:.78rem}
td b{font-weight:700}
.good{color:var(--good)}.bad{color:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin:4px 0 6px;font-size:.82rem;color:var(--soft)}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.legend i.dashed{height:0;width:14px;border-radius:0;border-top:2px dashed var(--axis);vertical-align:3px}
svg{display:block;width:100%;max-width:520px;height:auto;margin:0 auto}
svg text{fill:var(--soft);font-size:11px;font-family:inherit}
svg .name{fill:var(--ink);font-size:12px}
svg .value{fill:var(--ink);font-size:12px;font-variant-numeric:tabular-nums}
svg .small{fill:var(--faint);font-size:10px}
svg .grid{stroke:var(--line)}svg .axis{stroke:var(--axis)}
svg .whisker{stroke:var(--ink);stroke-width:1.2;fill:none;opacity:.75}
svg .line{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
svg .dashed{stroke:var(--axis);stroke-dasharray:5 4;stroke-width:1.6}
ol,ul{margin:4px 0 0;padding-left:22px}li{margin:2px 0;overflow-wrap:anywhere}
li small{color:var(--faint);display:block}
.user{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:16px}
.user h4{margin:6px 0 0;font-size:.8rem;font-weight:600;color:var(--soft)}
.thumbs{display:flex;flex-wrap:wrap;gap:6px;margin:8px 0 2px}
.thumbs img{height:84px;max-width:150px;object-fit:cover;border-radius:6px;border:1px solid var(--line)}
ol.todo{padding:10px 18px 10px 42px}.todo li{margin:7px 0;max-width:85ch}
.todo b{display:inline-block;min-width:62px;font-size:.78rem;color:var(--soft);font-weight:600}
details{background:var(--card);border:1px solid var(--line);border-radius:12px;margin:10px 0;
padding:0 16px}
details[open]{padding-bottom:14px}
summary{cursor:pointer;padding:11px 0;font-weight:600;font-size:.95rem}
details .wide{border:0;border-radius:0}
dl{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:5px 18px;margin:0;font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:560px){main{padding:18px 12px 40px}h1{font-size:1.4rem}.user{grid-template-columns:1fr;
gap:6px}th,td{padding:7px 9px}table{font-size:.86rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}
@media print{body{background:#fff}.card,.wide,details{break-inside:avoid}}
""".strip()

_COLOURS = "".join(
    f"svg :is(rect,circle).s{n}{{fill:var(--s{n})}}svg path.s{n}{{stroke:var(--s{n})}}i.s{n}{{background:var(--s{n})}}"
    for n in range(9)
)

CSS = f"{_RULES}\n{_COLOURS}"
