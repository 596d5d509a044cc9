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
COPY ingest ingest
COPY templates templates
COPY locale locale
COPY --from=pages /build/static/dist static/dist
# The last line is for checkouts that only their owner may read: whoever PUID names has to read this.
RUN DATA_DIR=build python manage.py collectstatic --noinput --clear --verbosity 0 && rm -r build \
    && python -m babel.messages.frontend --quiet compile -D django -d locale \
    && python -m compileall -q immichdrop invites uploads ingest \
    && chmod -R a+rX .
ENV DATA_DIR=/data PORT=8080
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
# Begins as root, gives the volume to PUID:PGID, and goes on as them.
ENTRYPOINT ["python", "-m", "immichdrop.entrypoint"]
CMD ["python", "manage.py", "serve"]
