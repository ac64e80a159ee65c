# syntax=docker/dockerfile:1

FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN python -m venv /opt/resupply
WORKDIR /src
# The dependencies change less often than the code, so they are a layer of their own.
COPY requirements-build.txt requirements.txt ./
RUN /opt/resupply/bin/pip install --require-hashes --only-binary :all: -r requirements-build.txt \
    && /opt/resupply/bin/pip install --require-hashes --only-binary :all: --no-binary xero-python --no-build-isolation \
        -r requirements.txt
COPY pyproject.toml README.md ./
COPY core core
COPY knowledge knowledge
COPY channels channels
COPY migrations migrations
COPY bot bot
RUN /opt/resupply/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN groupadd --system --gid 10001 resupply \
    && useradd --system --uid 10001 --gid resupply --no-create-home --shell /usr/sbin/nologin resupply \
    && install -d -o resupply -g resupply /var/lib/resupply /var/lib/resupply/knowledge
COPY --from=build /opt/resupply /opt/resupply
ENV PATH=/opt/resupply/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RESUPPLY_DATA_DIR=/var/lib/resupply \
    RESUPPLY_HOST=0.0.0.0 \
    RESUPPLY_PORT=8003
USER resupply
WORKDIR /var/lib/resupply
VOLUME /var/lib/resupply
EXPOSE 8003
# urlopen raises on anything but a success, which ends the check with a non-zero code.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['RESUPPLY_PORT'] + '/health', timeout=4)"]
# The schema is brought up by `resupply migrate`, which compose.yaml runs once before any replica starts.
CMD ["resupply", "serve"]
