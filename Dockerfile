# syntax=docker/dockerfile:1
# Two stages: the first fills a virtual environment, the second holds it and nothing else. docs/container.md explains how it
# is run. Of the same Python in both, the one that the tests run on.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /src
# Bytecode in a tree of its own: it holds the standard library's as well, which the base image leaves out. On a read-only file
# system nothing could be kept of it, and every health check would compile anew what it imports.
ENV PYTHONPYCACHEPREFIX=/opt/pacs-gateway/bytecode \
    PYTHONDONTWRITEBYTECODE=1
# Each file that comes from elsewhere is named by its hash, and none is built here: nobody else's code runs in this stage.
COPY deploy/image/requirements.txt deploy/image/build.txt ./
RUN python -m venv --without-pip /opt/pacs-gateway \
 && pip --python /opt/pacs-gateway/bin/python install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements.txt \
 && pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r build.txt
COPY pyproject.toml README.md LICENSE ./
COPY gateway ./gateway
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
 && pip --python /opt/pacs-gateway/bin/python install --no-cache-dir --no-compile --no-deps --no-index /wheel/*.whl \
 && python -m compileall -q --invalidation-mode unchecked-hash -x '/(idlelib|lib2to3|ensurepip|pydoc_data|site-packages/pip|site-packages/setuptools|tests?|tkinter|turtledemo)/' /usr/local/lib/python3* /opt/pacs-gateway/lib \
 && mkdir -p /state/pacs-gateway

FROM python:${PYTHON}-slim
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="pacs-gateway" \
      org.opencontainers.image.description="Makes a legacy PACS answer DICOMweb requests with the documented HTTP status codes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=build /opt/pacs-gateway /opt/pacs-gateway
# For recordings; a named volume that is mounted here takes over who owns it.
COPY --from=build --chown=10001:10001 /state/pacs-gateway /var/lib/pacs-gateway
ENV PATH=/opt/pacs-gateway/bin:$PATH \
    PYTHONPYCACHEPREFIX=/opt/pacs-gateway/bytecode \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PACS_GATEWAY_CONFIG=/etc/pacs-gateway/gateway.yaml
# A number, not a name: Kubernetes can then prove that it is not root.
USER 10001:10001
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s --retries=3 CMD ["pacs-gateway", "healthcheck"]
ENTRYPOINT ["pacs-gateway"]
CMD ["serve"]
