"""Color a photograph by a running `tintype serve`, with a dab of color: a client of the HTTP
interface that needs no library.

python examples/service_client.py photo.jpg photo.color.jpg
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

parser = argparse.ArgumentParser(description="Color a photograph by a running `tintype serve`.")
parser.add_argument("source", type=Path, help="the photograph")
parser.add_argument("target", type=Path, help="where its colored copy goes")
parser.add_argument("--service", default="http://127.0.0.1:8000", help="default: %(default)s")
given = parser.parse_args()

guidance = {"tintype": 1, "hints": [{"x": 0.5, "y": 0.8, "color": "#4a6285"}], "saturation": 1.1}
query = urllib.parse.urlencode({"name": given.source.name, "guidance": json.dumps(guidance)})
request = urllib.request.Request(
    f"{given.service}/api/v1/colorize?{query}",
    given.source.read_bytes(),
    {"Content-Type": "application/octet-stream"},
)
try:
    with urllib.request.urlopen(request) as answer:
        given.target.write_bytes(answer.read())
except urllib.error.HTTPError as error:
    sys.exit(json.load(error)["detail"])
except urllib.error.URLError as error:
    sys.exit(f"{given.service} does not answer ({error.reason}); start it with `tintype serve`")
