"""An AWS API emulator: moto's server and the few answers it lacks.

Each module beside this one patches one AWS service; each function in it fills one gap, seen with the AWS
provider 5.100.0 against moto 5.2.1. Nothing here changes the stacks under test.
"""
import os
import sys
import threading

sys.dont_write_bytecode = True  # this folder is rewritten at every start, or is the source itself

import apigatewayv2  # noqa: E402, F401  each import installs its patches
import application_autoscaling  # noqa: E402, F401
import ec2  # noqa: F401
import ecs  # noqa: E402, F401
import elasticache  # noqa: E402, F401
import elbv2  # noqa: E402, F401
import rds  # noqa: E402, F401
import s3  # noqa: F401
import server  # noqa: F401
from moto.server import main  # noqa: E402


def end_with_parent():
    """Leave when standard input closes: a launcher that was killed leaves no emulator behind."""
    sys.stdin.buffer.read()
    os._exit(0)


if "--end-with-parent" in sys.argv:
    sys.argv.remove("--end-with-parent")
    threading.Thread(target=end_with_parent, daemon=True).start()

main()
