"""What stands on a link's poster, in every language. Guests read it, so it says the same to one and to many."""

from dataclasses import dataclass
from datetime import date

from django.utils import dateformat, timezone
from django.utils.translation import override

from invites.models import Invite

_RIGHT_TO_LEFT = {"ar"}


@dataclass(frozen=True)
class PosterWords:
    """One language. `day` and `year` are Django's formats of a day, in this year and in another one.

    `until` has the place of the last day as {day}. The pairs of steps are a heading and a line below it; `photos`,
    `videos` and `both` are that line for what the link takes.
    """

    share: str
    share_videos: str
    unnamed: str
    scan: tuple[str, str]
    choose: str
    both: str
    photos: str
    videos: str
    done: tuple[str, str]
    free: str
    until: str
    day: str
    year: str
    small_months: bool = False  # where Django's are capitalised and shouldn't be

    def kicker(self, kinds: str) -> str:
        """What stands above the title. `kinds` is one of Invite.Kinds."""
        return self.share_videos if kinds == Invite.Kinds.VIDEOS else self.share

    def steps(self, kinds: str) -> list[tuple[str, str]]:
        """Three steps, as heading and line. `kinds` is one of Invite.Kinds."""
        lines = {Invite.Kinds.PHOTOS: self.photos, Invite.Kinds.VIDEOS: self.videos}
        return [self.scan, (self.choose, lines.get(Invite.Kinds(kinds), self.both)), self.done]

    def around_day(self) -> tuple[str, str]:
        """What stands before and after the last day."""
        before, _, after = self.until.partition("{day}")
        return before, after


def day_in(language: str, day: date) -> str:
    """A day as it is written in a sentence, with its year if that is not this one's."""
    words = WORDS[language]
    with override(language):
        written = dateformat.format(day, words.day if day.year == timezone.localdate().year else words.year)
    return written.lower() if words.small_months else written


def direction(language: str) -> str:
    """`rtl` or `ltr`, as HTML has it."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


WORDS = {
    "en": PosterWords(
        share="Share your photos with us",
        share_videos="Share your videos with us",
        unnamed="Add your photos",
        scan=("Scan", "Point your camera at the code"),
        choose="Choose",
        both="Pick photos and videos",
        photos="Pick photos",
        videos="Pick videos",
        done=("Done", "They land in our album"),
        free="No app, no account.",
        until="Open until {day}.",
        day="j E",
        year="j E Y",
    ),
    "de": PosterWords(
        share="Teilt eure Fotos mit uns",
        share_videos="Teilt eure Videos mit uns",
        unnamed="Hier ist Platz für eure Fotos",
        scan=("Scannen", "Kamera auf den Code richten"),
        choose="Auswählen",
        both="Fotos und Videos aussuchen",
        photos="Fotos aussuchen",
        videos="Videos aussuchen",
        done=("Fertig", "Sie landen in unserem Album"),
        free="Ohne App, ohne Konto.",
        until="Geöffnet bis {day}.",
        day="j. E",
        year="j. E Y",
    ),
    "fr": PosterWords(
        share="Partagez vos photos avec nous",
        share_videos="Partagez vos vidéos avec nous",
        unnamed="Ajoutez vos photos",
        scan=("Scannez", "Visez le code avec l’appareil photo"),
        choose="Choisissez",
        both="Vos photos et vos vidéos",
        photos="Vos photos",
        videos="Vos vidéos",
        done=("C’est fait", "Elles arrivent dans notre album"),
        free="Sans application, sans compte.",
        until="Ouvert jusqu’au {day}.",
        day="j F",
        year="j F Y",
    ),
    "es": PosterWords(
        share="Comparte tus fotos con nosotros",
        share_videos="Comparte tus vídeos con nosotros",
        unnamed="Añade tus fotos",
        scan=("Escanea", "Apunta al código con la cámara"),
        choose="Elige",
        both="Selecciona fotos y vídeos",
        photos="Selecciona fotos",
        videos="Selecciona vídeos",
        done=("Listo", "Llegan a nuestro álbum"),
        free="Sin app y sin cuenta.",
        until="Abierto hasta el {day}.",
        day=r"j \d\e E",
        year=r"j \d\e E \d\e Y",
    ),
    "it": PosterWords(
        share="Condividi le tue foto con noi",
        share_videos="Condividi i tuoi video con noi",
        unnamed="Aggiungi le tue foto",
        scan=("Scansiona", "Inquadra il codice con la fotocamera"),
        choose="Scegli",
        both="Seleziona foto e video",
        photos="Seleziona le foto",
        videos="Seleziona i video",
        done=("Fatto", "Arrivano nel nostro album"),
        free="Senza app, senza account.",
        until="Ultimo giorno: {day}.",  # "fino al" would change with the number
        day="j E",
        year="j E Y",
        small_months=True,
    ),
    "pt": PosterWords(
        share="Partilhe as suas fotos connosco",
        share_videos="Partilhe os seus vídeos connosco",
        unnamed="Adicione as suas fotos",
        scan=("Digitalize", "Aponte a câmara para o código"),
        choose="Escolha",
        both="Selecione fotos e vídeos",
        photos="Selecione fotos",
        videos="Selecione vídeos",
        done=("Pronto", "Vão para o nosso álbum"),
        free="Sem app, sem conta.",
        until="Aberto até {day}.",
        day=r"j \d\e E",
        year=r"j \d\e E \d\e Y",
        small_months=True,
    ),
    "nl": PosterWords(
        share="Deel je foto’s met ons",
        share_videos="Deel je video’s met ons",
        unnamed="Voeg je foto’s toe",
        scan=("Scan", "Richt je camera op de code"),
        choose="Kies",
        both="Selecteer foto’s en video’s",
        photos="Selecteer foto’s",
        videos="Selecteer video’s",
        done=("Klaar", "Ze komen in ons album"),
        free="Geen app, geen account.",
        until="Open tot en met {day}.",
        day="j E",
        year="j E Y",
    ),
    "pl": PosterWords(
        share="Podziel się z nami zdjęciami",
        share_videos="Podziel się z nami filmami",
        unnamed="Dodaj swoje zdjęcia",
        scan=("Zeskanuj", "Skieruj aparat na kod"),
        choose="Wybierz",
        both="Zaznacz zdjęcia i filmy",
        photos="Zaznacz zdjęcia",
        videos="Zaznacz filmy",
        done=("Gotowe", "Trafią do naszego albumu"),
        free="Bez aplikacji i bez konta.",
        until="Otwarte do {day}.",
        day="j E",
        year="j E Y",
    ),
    "sv": PosterWords(
        share="Dela dina bilder med oss",
        share_videos="Dela dina videor med oss",
        unnamed="Lägg till dina bilder",
        scan=("Skanna", "Rikta kameran mot koden"),
        choose="Välj",
        both="Markera bilder och videor",
        photos="Markera bilder",
        videos="Markera videor",
        done=("Klart", "De hamnar i vårt album"),
        free="Ingen app, inget konto.",
        until="Öppet till och med {day}.",
        day="j E",
        year="j E Y",
    ),
    "tr": PosterWords(
        share="Fotoğraflarınızı bizimle paylaşın",
        share_videos="Videolarınızı bizimle paylaşın",
        unnamed="Fotoğraflarınızı ekleyin",
        scan=("Tarayın", "Kameranızı koda tutun"),
        choose="Seçin",
        both="Fotoğraflarınız ve videolarınız",
        photos="Fotoğraflarınız",
        videos="Videolarınız",
        done=("Tamam", "Albümümüze eklenir"),
        free="Uygulama yok, hesap yok.",
        until="Son gün: {day}.",
        day="j E",
        year="j E Y",
    ),
    "uk": PosterWords(
        share="Поділіться з нами своїми фото",
        share_videos="Поділіться з нами своїми відео",
        unnamed="Додайте свої фото",
        scan=("Скануйте", "Наведіть камеру на код"),
        choose="Виберіть",
        both="Позначте фото й відео",
        photos="Позначте фото",
        videos="Позначте відео",
        done=("Готово", "Вони потраплять до нашого альбому"),
        free="Без застосунку й облікового запису.",
        until="Відкрито до {day} включно.",
        day="j E",
        year="j E Y року",
    ),
    "ja": PosterWords(
        share="写真をシェアしてください",
        share_videos="動画をシェアしてください",
        unnamed="写真を追加してください",
        scan=("スキャン", "カメラをコードに向けます"),
        choose="選択",
        both="写真や動画を選びます",
        photos="写真を選びます",
        videos="動画を選びます",
        done=("完了", "私たちのアルバムに届きます"),
        free="アプリもアカウントも不要です。",
        until="受付は{day}まで。",
        day="n月j日",
        year="Y年n月j日",
    ),
    "zh-hans": PosterWords(
        share="与我们分享您的照片",
        share_videos="与我们分享您的视频",
        unnamed="添加您的照片",
        scan=("扫码", "用相机对准二维码"),
        choose="选择",
        both="选取照片和视频",
        photos="选取照片",
        videos="选取视频",
        done=("完成", "它们会进入我们的相册"),
        free="无需应用，无需账号。",
        until="开放至{day}。",
        day="n月j日",
        year="Y年n月j日",
    ),
    "ar": PosterWords(
        share="شاركونا صوركم",
        share_videos="شاركونا فيديوهاتكم",
        unnamed="أضيفوا صوركم",
        scan=("امسحوا الرمز", "وجّهوا الكاميرا إليه"),
        choose="اختاروا",
        both="الصور والفيديوهات",
        photos="الصور",
        videos="الفيديوهات",
        done=("تم", "تصل إلى ألبومنا"),
        free="بلا تطبيق وبلا حساب.",
        until="مفتوح حتى {day}.",
        day="j F",
        year="j F Y",
    ),
}
