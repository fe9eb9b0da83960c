"""Color a photograph by a running `tintype serve`, with a dab of color: a client of the HTTP
interface that needs no library.

python examples/service_client.py photo.jpg photo.color.jpg
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SERVICE = "http://127.0.0.1:8000/api/v1"
source, target = Path(sys.argv[1]), Path(sys.argv[2])

guidance = {"tintype": 1, "hints": [{"x": 0.5, "y": 0.8, "color": "#4a6285"}], "saturation": 1.1}
query = urllib.parse.urlencode({"name": source.name, "guidance": json.dumps(guidance)})
request = urllib.request.Request(
    f"{SERVICE}/colorize?{query}", source.read_bytes(), {"Content-Type": "application/octet-stream"}
)
try:
    with urllib.request.urlopen(request) as answer:
        target.write_bytes(answer.read())
except urllib.error.HTTPError as error:
    sys.exit(json.load(error)["detail"])
