"""`python -m receiver.cli`: the command, where its script is not on the path."""

from receiver.cli import app

app(prog_name="aom-gateway")
