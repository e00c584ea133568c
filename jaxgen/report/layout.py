"""How the report page looks: one style sheet inside it, nothing from elsewhere."""

STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI","Liberation Sans",Arial,sans-serif;
color:#1c1c1c;background:#fff;max-width:1120px;margin:0 auto;padding:24px}
h1{font-size:28px;line-height:1.2;margin:8px 0 16px}
h2{font-size:20px;margin:40px 0 12px;padding-bottom:4px;border-bottom:2px solid #1c1c1c}
h3{font-size:16px;margin:20px 0 6px}
p,li{max-width:80ch}
nav{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:14px}
a{color:#005a9c}
.key{display:flex;align-items:baseline;gap:16px;border-left:6px solid #d55e00;padding:6px 16px;margin:12px 0}
.key b{font-size:34px;line-height:1.2;white-space:nowrap}
table{border-collapse:collapse;font-size:14px;line-height:1.4;width:100%;margin:12px 0}
th,td{text-align:left;vertical-align:top;padding:5px 8px 5px 4px;border-bottom:1px solid #ddd;
font-weight:normal}
thead th{font-weight:bold;border-bottom:1px solid #1c1c1c}
tbody th{font-weight:600}
td{overflow-wrap:anywhere}
.worse{background:#fdf0e6}
.number{white-space:nowrap;font-variant-numeric:tabular-nums}
.pairs table{margin:0}
.wide{overflow-x:auto}
.metrics{font-size:13px}
.metrics td:last-child{min-width:20em;overflow-wrap:normal}
.pairs{column-width:24em;column-gap:40px}
.pairs tr{break-inside:avoid}
.note{color:#555}
code,pre{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace}
tbody th code{color:#666;font-size:12px}
pre{background:#f4f4f4;padding:12px;white-space:pre-wrap;overflow-wrap:anywhere}
figure{margin:28px 0;break-inside:avoid}
img{max-width:100%;height:auto;display:block}
figcaption{font-size:14px;max-width:90ch;margin-top:6px;color:#333}
@media print{body{font-size:11px;max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}
table{font-size:10px}tr{break-inside:avoid}a{color:inherit}}
"""
TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<nav>{links}</nav>
{body}
</body>
</html>
"""
