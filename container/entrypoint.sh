#!/bin/sh
# Says what a container lacks, a volume or the right to write to it, and becomes the program.
home=/var/lib/aggregator
volume="run it with --volume aggregator:$home"
if [ "$1" = run ] || [ "$1" = demo ]; then
    if mountpoint -q $home && ! [ -w $home ]; then
        echo "User $(id -u) of this container may not write to $home, which belongs to user $(stat --format=%u $home)." >&2
        echo "For a folder of the host: chown -R $(id -u):$(id -g) FOLDER" >&2
        exit 1
    elif ! [ -w $home ]; then
        echo "This container is read-only, and $home is no volume: $volume" >&2
        exit 1
    elif ! mountpoint -q $home || [ "$(stat --file-system --format=%T $home)" = tmpfs ]; then
        echo "NOTHING IS KEPT: $home is no volume, so what this container gathers goes with it." >&2
        echo "To keep it, $volume" >&2
    fi
fi
exec aggregator "$@"
