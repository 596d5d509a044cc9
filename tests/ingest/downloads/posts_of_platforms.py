"""Posts of TikTok, Instagram, Reddit, YouTube and X as their pages and APIs tell of them, made by hand.

They have the shapes that yt-dlp's and gallery-dl's own extractors read. Nothing in them is anybody's post.
"""

import json

LENA = "lena.waves"
WHEN = 1_700_000_000  # 2023-11-14 22:13:20 UTC
Page = dict[str, object] | list[object] | bytes | int | str
Pages = dict[str, Page]


# --- TikTok: a page with its data within

TIKTOK_VIDEO = f"https://www.tiktok.com/@{LENA}/video/7300000000000000001"
TIKTOK_PHOTOS = f"https://www.tiktok.com/@{LENA}/photo/7300000000000000002"


def tiktok_page(detail: dict[str, object]) -> bytes:
    scope = json.dumps({"__DEFAULT_SCOPE__": {"webapp.video-detail": detail}})
    script = '<script id="__UNIVERSAL_DATA_FOR_REHYDRATION__" type="application/json">'
    return f"<html><body>{script}{scope}</script></body></html>".encode()


def _tiktok_item(post_id: str, **media: object) -> dict[str, object]:
    author = {"id": "1", "uniqueId": LENA, "nickname": "Lena", "secUid": "MS4"}
    item = {"id": post_id, "desc": "Waves at dawn", "createTime": str(WHEN), "author": author, "stats": {}, **media}
    return {"statusCode": 0, "itemInfo": {"itemStruct": item}}


def tiktok_video(clip: bytes) -> Pages:
    where = "https://v16.tiktokcdn.com/waves.mp4"
    video = {"playAddr": where, "width": 64, "height": 64, "duration": 1, "format": "mp4", "ratio": "540p"}
    detail = _tiktok_item("7300000000000000001", video=video)
    page = f"www.tiktok.com/@{LENA}/video/7300000000000000001"
    return {page: tiktok_page(detail), "v16.tiktokcdn.com/waves.mp4": clip}


def tiktok_photos(jpegs: list[bytes]) -> Pages:
    """With the music that plays to them."""
    images = [
        {"imageURL": {"urlList": [f"https://p16.tiktokcdn.com/{number}.jpeg"]}, "imageWidth": 8, "imageHeight": 8}
        for number, _ in enumerate(jpegs)
    ]
    music = {"id": "9", "title": "Sea", "playUrl": "https://v16.tiktokcdn.com/sea.mp3", "duration": 1}
    detail = _tiktok_item("7300000000000000002", imagePost={"images": images}, music=music, video={"duration": 0})
    files = {f"p16.tiktokcdn.com/{number}.jpeg": jpeg for number, jpeg in enumerate(jpegs)}
    page = f"www.tiktok.com/@{LENA}/video/7300000000000000002"
    return {page: tiktok_page(detail), "v16.tiktokcdn.com/sea.mp3": b"ID3", **files}


def tiktok_refusal(status: int) -> Pages:
    """By TikTok's own numbers; both posts are refused."""
    page = tiktok_page({"statusCode": status, "statusMsg": "no"})
    return {f"www.tiktok.com/730000000000000000{number}": page for number in (1, 2)}


# --- Instagram: what it says to those who have no account, and its API to those with cookies

INSTAGRAM = "https://www.instagram.com/p/CzWaves0001/"
INSTAGRAM_COOKIES = "# Netscape HTTP Cookie File\n.instagram.com\tTRUE\t/\tTRUE\t0\tsessionid\tsecret\n"


def _instagram_media(number: int, *, video: bool) -> dict[str, object]:
    picture = {"url": f"https://scontent.cdninstagram.com/{number}.jpg", "width": 8, "height": 8}
    media: dict[str, object] = {"pk": f"322000000000000000{number}", "image_versions2": {"candidates": [picture]}}
    if video:
        where = f"https://scontent.cdninstagram.com/{number}.mp4"
        media["video_versions"] = [{"id": "1", "type": 101, "url": where, "width": 64, "height": 64}]
    return media


def _instagram_post(kinds: str) -> dict[str, object]:
    media = [_instagram_media(number, video=kind == "v") for number, kind in enumerate(kinds)]
    post = {
        "pk": "3220000000000000000",
        "code": "CzWaves0001",
        "taken_at": WHEN,
        "user": {"pk": "1", "username": LENA, "full_name": "Lena"},
        "caption": {"text": "Waves at dawn"},
    }
    return {**post, **media[0], "pk": post["pk"]} if len(media) == 1 else {**post, "carousel_media": media}


def instagram(kinds: str, clip: bytes, jpegs: list[bytes]) -> Pages:
    """To whoever has cookies. The post's media by letter: `v` is a video, `p` a picture."""
    answer = {"items": [_instagram_post(kinds)], "status": "ok", "more_available": False}
    files: Pages = {
        f"scontent.cdninstagram.com/{number}.{'mp4' if kind == 'v' else 'jpg'}": clip + bytes([number])
        if kind == "v"
        else jpegs[number]
        for number, kind in enumerate(kinds)
    }
    return {f"www.instagram.com/api/v1/media/{_instagram_id('CzWaves0001')}/info/": answer, **files}


def _instagram_id(shortcode: str) -> int:
    """Instagram's own number for the word in an address: its digits in base 64."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    found = 0
    for letter in shortcode:
        found = 64 * found + digits.index(letter)
    return found


def instagram_to_strangers(ruling: dict[str, object] | None = None) -> Pages:
    """What is said without cookies: the start page, whether this post may be shown, and a page without the post."""
    return {
        "www.instagram.com/": b'<script id="__eqmc" type="application/json">{"l": "token"}</script>',
        "www.instagram.com/api/v1/web/get_ruling_for_content/": ruling or {"status": "ok"},
        "www.instagram.com/p/CzWaves0001": b"<html></html>",
    }


# --- Reddit: a post's listing as JSON

REDDIT_VIDEO = "https://www.reddit.com/r/waves/comments/1abcde/waves_at_dawn/"
REDDIT_GALLERY = "https://www.reddit.com/gallery/1abcdf"


def _reddit_listing(**post: object) -> list[object]:
    data = {
        "title": "Waves at dawn",
        "author": LENA,
        "subreddit": "waves",
        "created_utc": float(WHEN),
        "is_self": False,
        "is_video": False,
        "selftext_html": None,
        **post,
    }
    return [{"kind": "Listing", "data": {"children": [{"kind": "t3", "data": data}]}}, {"data": {"children": []}}]


def reddit_video(clip: bytes) -> Pages:
    video = {"fallback_url": "https://v.redd.it/waves1/DASH_480.mp4", "height": 64, "width": 64, "duration": 1}
    listing = _reddit_listing(
        id="1abcde",
        url="https://v.redd.it/waves1",
        is_video=True,
        permalink="/r/waves/comments/1abcde/waves_at_dawn/",
        secure_media={"reddit_video": video},
    )
    return {
        "old.reddit.com/": b"<html></html>",
        "www.reddit.com/r/waves/comments/1abcde/.json": listing,
        "v.redd.it/waves1/DASH_480.mp4": clip,
    }


def reddit_gallery(jpegs: list[bytes]) -> Pages:
    items = [{"media_id": f"m{number}", "id": number} for number, _ in enumerate(jpegs)]
    about = {
        f"m{number}": {"status": "valid", "e": "Image", "s": {"u": f"https://preview.redd.it/m{number}.jpg?width=8"}}
        for number, _ in enumerate(jpegs)
    }
    listing = _reddit_listing(
        id="1abcdf",
        url="https://www.reddit.com/gallery/1abcdf",
        permalink="/r/waves/comments/1abcdf/waves_at_dawn/",
        is_gallery=True,
        gallery_data={"items": items},
        media_metadata=about,
    )
    files = {f"i.redd.it/m{number}.jpg": jpeg for number, jpeg in enumerate(jpegs)}
    return {"old.reddit.com/": b"<html></html>", "www.reddit.com/comments/1abcdf/.json": listing, **files}


def reddit_refusal(reason: str) -> Pages:
    said = {"reason": reason, "message": "Forbidden", "error": 403}
    return {"old.reddit.com/": b"", "www.reddit.com/r/waves/comments/1abcde/.json": said}


def reddit_error(status: int, words: str) -> Pages:
    return {"www.reddit.com/.json": {"message": words, "error": status}}


# --- YouTube: a page, and what its players are told

YOUTUBE = "https://www.youtube.com/watch?v=WavesAtDawn"


def youtube(answer: dict[str, object]) -> Pages:
    """`answer`: to every player that asks."""
    own = "www.youtube.com"
    frame = b'<script>ytcfg.set({"INNERTUBE_CONTEXT": {"client": {"clientName": "WEB_EMBEDDED_PLAYER"}}});</script>'
    pages: Pages = {f"{own}/watch": b"<html></html>", f"{own}/embed/WavesAtDawn": frame}
    owner = {"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": {"title": {"simpleText": "Lena"}}}}}
    beside = {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": [owner]}}}}}
    return {**pages, f"{own}/youtubei/v1/next": beside, f"{own}/youtubei/v1/player": answer}


def youtube_video(clip: bytes, posted: str = "2023-11-14T14:13:20-08:00") -> Pages:
    stream = {
        "itag": 18,
        "url": "https://rr1.googlevideo.com/videoplayback?itag=18",
        "mimeType": 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
        "width": 64,
        "height": 64,
        "approxDurationMs": "1000",
    }
    answer: dict[str, object] = {
        "playabilityStatus": {"status": "OK"},
        "streamingData": {"formats": [stream]},
        "videoDetails": {"videoId": "WavesAtDawn", "title": "Waves at dawn", "author": "Lena", "lengthSeconds": "1"},
        "microformat": {"playerMicroformatRenderer": {"uploadDate": posted}},
    }
    return {**youtube(answer), "rr1.googlevideo.com/videoplayback": clip}


def youtube_refusal(status: str, reason: str, more: str = "") -> Pages:
    screen = {"playerErrorMessageRenderer": {"subreason": {"simpleText": more}}} if more else {}
    return youtube({"playabilityStatus": {"status": status, "reason": reason, "errorScreen": screen}})


# --- X: a pass for guests, and GraphQL

X_ID = str((1000 * WHEN - 1_288_834_974_657) << 22)  # the time is in it, counted from X's own beginning
X = f"https://x.com/lena_waves/status/{X_ID}"


def x(answer: Page) -> Pages:
    """`answer`: to the question for the post, which yt-dlp and gallery-dl ask at different paths."""
    return {"api.x.com/1.1/guest/activate.json": {"guest_token": "1"}, "x.com/TweetResultByRestId": answer}


def x_post(kinds: str, clip: bytes, jpegs: list[bytes]) -> Pages:
    """Its media by letter: `v` is a video, `p` a picture."""
    created = "Tue Nov 14 22:13:20 +0000 2023"
    named = {"screen_name": "lena_waves", "name": "Lena", "created_at": created, "description": ""}
    user = {"rest_id": "1", "core": named, "legacy": named, "location": {}, "verification": {"verified": False}}
    user |= {"privacy": {"protected": False}, "avatar": {}}
    media = []
    files: Pages = {}
    for number, kind in enumerate(kinds):
        each: dict[str, object] = {
            "id_str": f"172455000000000010{number}",
            "type": "video" if kind == "v" else "photo",
            "media_url_https": f"https://pbs.twimg.com/media/{number}.jpg",
            "original_info": {"width": 8, "height": 8},
        }
        if kind == "v":
            variant = {"bitrate": 1, "content_type": "video/mp4", "url": f"https://video.twimg.com/{number}.mp4"}
            each["video_info"] = {"variants": [variant], "duration_millis": 1000}
            files[f"video.twimg.com/{number}.mp4"] = clip + bytes([number])
        else:
            files[f"pbs.twimg.com/media/{number}"] = jpegs[number]
        media.append(each)
    legacy = {
        "id_str": X_ID,
        "created_at": created,
        "full_text": "Waves at dawn https://t.co/abc",
        "lang": "en",
        "entities": {},
        "extended_entities": {"media": media},
    }
    core = {"user_results": {"result": user}}
    result = {"__typename": "Tweet", "rest_id": X_ID, "core": core, "legacy": legacy}
    return {**x({"data": {"tweetResult": {"result": result}}}), **files}


def x_unavailable(reason: str) -> Pages:
    return x({"data": {"tweetResult": {"result": {"__typename": "TweetUnavailable", "reason": reason}}}})
