"""What has to be so before a link is downloaded at all."""

NOT_HERE = "Links are not downloaded here: the administrator has not switched that on (SOCIAL_MEDIA_UPLOADS_ENABLED)."
