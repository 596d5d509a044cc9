/**
 * The guest page's words in English, the source of all others.
 *
 * {n} is a number, {host} a name or `theHost` ({Host} where a sentence begins with it). A text with plural forms has one for
 * each category of its language. Names are never bent: a translation has to read right with any name in its place.
 */

export default {
  locale: "en-GB",
  theHost: "the host",

  "size.bytes": "{n} B",
  "time.soon": "less than a minute",
  "time.minutes": { one: "about {n} min", other: "about {n} min" },
  "time.hours": { one: "about {n} h", other: "about {n} h" },

  "chip.waiting": "Waiting",
  "chip.sending": "Uploading {percent}",
  "chip.paused": "Paused at {percent}",
  "chip.offline": "Waiting for network",
  "chip.received": "Received",
  "chip.album": "In the album",
  "chip.immich": "In Immich",
  "chip.held": "Waiting for {host}",
  "chip.duplicate": "Already there",
  "chip.failed": "Failed",
  "chip.removed": "Removed",
  "chip.tooLarge": "Too large",
  "chip.notAccepted": "Not accepted",
  "chip.tooMany": "Too many",

  "note.resumed": "Continuing where it stopped",
  "note.held": "Safe here. {Host} looks first.",
  "note.largest": "{size} is the limit",
  "note.most": { one: "{n} file is the limit", other: "{n} files is the limit" },
  "note.photos": "Photos only",
  "note.videos": "Videos only",
  "note.unknownType": "Not a photo or video",
  "note.empty": "This file is empty",
  "note.tooLarge": "Larger than this page takes",
  "note.tooMany": "No more files fit here",
  "note.quota": "No more room on this page",
  "note.connection": "The connection broke",
  "note.unreadable": "This device can't open the file",
  "note.diskFull": "No room right now. Try again later",
  "note.other": "Something went wrong on the way",

  "row.leaveOut": "Leave out: {name}",
  "row.leaveOutTip": "Leave out",
  "row.stop": "Stop sending: {name}",
  "row.stopTip": "Stop sending",
  "row.retry": "Retry {name}",

  "summary.title": "{received} of {total} received",
  "summary.left": "{size} left",
  "summary.almost": "almost done",
  "summary.offline": "waiting for network",
  "summary.paused": "paused",
  "summary.nameless": "waiting for your name",
  "summary.pause": "Pause",
  "summary.pauseAll": "Pause all",
  "summary.resume": "Resume",
  "summary.resumeAll": "Resume all",
  "summary.safe": "You can close this page: everything marked received is safe.",
  "summary.keepOpen": { one: "Keep it open to finish the other {n}.", other: "Keep it open to finish the other {n}." },
  "summary.allSafe": "You can close this page: everything is safe.",

  "finished.thanks": "Thank you!",
  "finished.thanksName": "Thank you, {name}!",
  "finished.single": "Received.",
  "finished.all": { one: "{n} received.", other: "All {n} received." },
  "finished.some": "{received} of {total} received.",
  "finished.again": { one: "{n} needs another try.", other: "{n} need another try." },
  "finished.album": { one: "{n} is in the album", other: "{n} are in the album" },
  "finished.immich": { one: "{n} is in Immich", other: "{n} are in Immich" },
  "finished.duplicate": { one: "{n} was already there", other: "{n} were already there" },
  "finished.held": { one: "{n} waits for {host}", other: "{n} wait for {host}" },
  "finished.refused": {
    one: "{n} couldn't be taken, the list says why.",
    other: "{n} couldn't be taken, the list says why.",
  },
  "finished.retry": "Retry {n}",

  "closed.invite_expired": "This page has closed.",
  "closed.invite_disabled": "This page is taking a break.",
  "closed.invite_not_open": "This page isn't open yet.",
  "closed.invite_claimed": "This link was already used.",
  "closed.invite_exhausted": "This page is full.",
  "closed.invite_password_required": "This page needs its password again.",
  "closed.invalid_invite": "We can't find this page any more.",
  "closed.safe": "Everything marked received is safe.",
  "closed.reopen": "Ask {host} to open it again.",
  "closed.return": "Come back then.",
  "closed.newLink": "Ask {host} for a new link.",
  "closed.password": "Enter it, and sending goes on.",

  "password.wrong": "That's not it. Check capital letters and try again.",
  "password.wait": {
    one: "Too many tries. Please wait {n} minute.",
    other: "Too many tries. Please wait {n} minutes.",
  },
  "password.unreachable": "No answer. Please try again in a moment.",

  "who.from": "From {name}",
  "who.nameless": "Sent without a name",
  "who.message": "“{text}”",
  "who.missing": "Please tell {host} who you are",

  "earlier.safe": { one: "{n} file you sent before is safe.", other: "{n} files you sent before are safe." },
  "earlier.unfinished": {
    one: "{n} file isn't finished. Choose it again and it goes on where it stopped.",
    other: "{n} files aren't finished. Choose them again and they go on where they stopped.",
  },

  comma: ", ",
  stop: ".",
  space: " ",

  "share.items": { one: "{n} item · {size}", other: "{n} items · {size}" },
  "share.upload": "Upload {n}",
  "share.waiting": { one: "{n} item waits to be sent", other: "{n} items wait to be sent" },
};
