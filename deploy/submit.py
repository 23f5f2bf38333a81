"""`tollens` on the head of a cluster, for `ray submit`, which takes a script:

ray submit deploy/cluster.yaml deploy/submit.py run --tier full --store s3://bucket/tollens --autoscaling
"""

import os

from runners.commands import main

if __name__ == "__main__":
    os.environ.setdefault("RAY_ADDRESS", "auto")  # the cluster that this machine belongs to
    main()
