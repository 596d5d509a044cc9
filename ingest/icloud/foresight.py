"""What a dry run says of photos."""

from collections.abc import Iterator

from ingest.icloud import store
from ingest.icloud.models import ICloudPhoto
from ingest.icloud.options import Options
from ingest.icloud.photos import Photo
from ingest.icloud.steps import live
from ingest.icloud.steps.sizes import stills
from ingest.icloud.store import Pending


def renewed(options: Options) -> Iterator[ICloudPhoto]:
    """What the options that are about known photos would make pending again. The rows are changed, and not written."""
    if not (options.process_existing or options.process_existing_favorites or options.unset_favorites):
        return
    for row in store.photos(options.place, options.directories):
        if options.process_existing and (options.since is None or row.created >= options.since):
            row.pending = Pending.ALL
            yield row
        elif not row.pending and (
            (options.process_existing_favorites and row.favorite)
            or (options.unset_favorites and row.favorite is False and row.favored)
        ):
            row.pending = Pending.FAVORITE
            yield row


def words(row: ICloudPhoto, photo: Photo, options: Options) -> str:
    """The steps that would be taken, without asking Immich which of them it needs."""
    steps = []
    if row.pending != Pending.FAVORITE:
        count = len(photo.files)
        steps.append(f"{'register' if options.library_id else 'send'} {count} {'file' if count == 1 else 'files'}")
        if len(stills(photo, options.stack)) > 1:
            steps.append(f"stack {', '.join(file.size for file in stills(photo, options.stack))}")
        if options.live and live.pairs(photo, options.live):
            steps.append("link the live video")
    if options.favorite and photo.favorite:
        steps.append("mark as favourite")
    elif options.favorite and options.unset_favorites and photo.favorite is False and row.favored:
        steps.append("unmark as favourite")
    if row.pending != Pending.FAVORITE:
        albums = {rule.name_for(photo.created) for rule in options.albums if stills(photo, rule.sizes)}
        steps += [f"add to album {name}" for name in sorted(albums)]
    return "; ".join(steps)
