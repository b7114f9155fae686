# syntax=docker/dockerfile:1
# Two stages: the first builds a virtual environment, the second holds it and nothing else.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/pacs-gateway
COPY pyproject.toml README.md ./
COPY gateway ./gateway
RUN /opt/pacs-gateway/bin/pip install --no-cache-dir --no-compile '.[redis]'

FROM python:3.11-slim
LABEL org.opencontainers.image.title="pacs-gateway" \
      org.opencontainers.image.description="Makes a legacy PACS answer DICOMweb requests with the documented HTTP status codes"
COPY --from=build /opt/pacs-gateway /opt/pacs-gateway
ENV PATH=/opt/pacs-gateway/bin:$PATH \
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
