"""Run two try-ons of the local provider on a cluster of Dask, and print what became of each.

In a process of its own: Dask changes for good how a process pickles errors and reads metadata.
"""

import sys

import dask
import distributed

from tryon_core import Client


def main(folder, person, *tops):
    """Print the id, the state and the path of each item."""
    settings = {
        "temporary-directory": f"{folder}/dask",
        "distributed.worker.profile.enabled": False,
        "distributed.admin.system-monitor.gil.enabled": False,
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=False,
        ) as cluster,
        distributed.Client(cluster) as dask_client,
        dask_client.get_executor() as executor,
        Client("local") as client,
    ):
        requests = {
            f"item-{number}": client.request(person, top=top) for number, top in enumerate(tops, 1)
        }
        outcomes = client.run_batch(requests, out=f"{folder}/out", executor=executor)
        for outcome in outcomes:
            sys.stdout.write(f"{outcome.item.id} {outcome.state} {outcome.paths[0]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
