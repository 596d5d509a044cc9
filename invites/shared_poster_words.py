"""What stands on the poster of a shared link, where people look at photos, beside the words of `poster_words`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LookWords:
    """One language. `ours` is the title of a link without one. The pairs are a heading and a line below it."""

    see: str
    ours: str
    look: tuple[str, str]
    keep: tuple[str, str]


LOOK_WORDS = {
    "en": LookWords(
        see="Look at our photos",
        ours="Our photos",
        look=("Look", "All photos in one place"),
        keep=("Keep", "Download the ones you like"),
    ),
    "de": LookWords(
        see="Schaut euch unsere Fotos an",
        ours="Unsere Fotos",
        look=("Ansehen", "Alle Fotos an einem Ort"),
        keep=("Behalten", "Herunterladen, was gefällt"),
    ),
    "fr": LookWords(
        see="Regardez nos photos",
        ours="Nos photos",
        look=("Regardez", "Toutes les photos au même endroit"),
        keep=("Gardez", "Téléchargez celles qui vous plaisent"),
    ),
    "es": LookWords(
        see="Mira nuestras fotos",
        ours="Nuestras fotos",
        look=("Mira", "Todas las fotos en un mismo sitio"),
        keep=("Guarda", "Descarga las que te gusten"),
    ),
    "it": LookWords(
        see="Guarda le nostre foto",
        ours="Le nostre foto",
        look=("Guarda", "Tutte le foto in un solo posto"),
        keep=("Conserva", "Scarica quelle che ti piacciono"),
    ),
    "pt": LookWords(
        see="Veja as nossas fotos",
        ours="As nossas fotos",
        look=("Veja", "Todas as fotos num só lugar"),
        keep=("Guarde", "Transfira as de que gostar"),
    ),
    "nl": LookWords(
        see="Bekijk onze foto’s",
        ours="Onze foto’s",
        look=("Bekijk", "Alle foto’s op één plek"),
        keep=("Bewaar", "Download wat je mooi vindt"),
    ),
    "pl": LookWords(
        see="Obejrzyj nasze zdjęcia",
        ours="Nasze zdjęcia",
        look=("Oglądaj", "Wszystkie zdjęcia w jednym miejscu"),
        keep=("Zachowaj", "Pobierz te, które Ci się podobają"),
    ),
    "sv": LookWords(
        see="Titta på våra bilder",
        ours="Våra bilder",
        look=("Titta", "Alla bilder på ett ställe"),
        keep=("Spara", "Ladda ner dem du gillar"),
    ),
    "tr": LookWords(
        see="Fotoğraflarımıza bakın",
        ours="Fotoğraflarımız",
        look=("Bakın", "Bütün fotoğraflar bir arada"),
        keep=("Saklayın", "Beğendiklerinizi indirin"),
    ),
    "uk": LookWords(
        see="Перегляньте наші фото",
        ours="Наші фото",
        look=("Дивіться", "Усі фото в одному місці"),
        keep=("Збережіть", "Завантажте ті, що сподобалися"),
    ),
    "ja": LookWords(
        see="写真をご覧ください",
        ours="私たちの写真",
        look=("見る", "すべての写真がひとつの場所に"),
        keep=("保存", "気に入った写真をダウンロード"),
    ),
    "zh-hans": LookWords(
        see="来看我们的照片",
        ours="我们的照片",
        look=("查看", "所有照片都在一处"),
        keep=("保存", "下载您喜欢的照片"),
    ),
    "ar": LookWords(
        see="شاهدوا صورنا",
        ours="صورنا",
        look=("شاهدوا", "كل الصور في مكان واحد"),
        keep=("احتفظوا", "نزّلوا ما يعجبكم"),
    ),
}
