# Immich Drop as an image: the pages are built by node, the product runs on Python alone.

FROM node:22-slim AS pages
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY static/src static/src
COPY templates templates
RUN npm run build

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/immich-drop
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt
COPY manage.py ./
COPY immichdrop immichdrop
COPY invites invites
COPY uploads uploads
COPY templates templates
COPY locale locale
COPY --from=pages /build/static/dist static/dist
RUN DATA_DIR=/tmp/build python manage.py collectstatic --noinput --clear --verbosity 0 && rm -r /tmp/build \
    && python -m babel.messages.frontend --quiet compile -D django -d locale \
    && python -m compileall -q immichdrop invites uploads \
    && useradd --system --uid 10001 --home-dir /data --no-create-home immichdrop \
    && install --directory --owner=immichdrop --mode=0700 /data
USER immichdrop
ENV DATA_DIR=/data PORT=8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
CMD ["python", "manage.py", "serve"]
