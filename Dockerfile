# The program alone, on nothing: no shell, no package manager, no other file but the certificates.
# `make image` builds the same from the last stage of this file, without a daemon (.ci/image).
FROM rust:1-slim AS build
WORKDIR /src
COPY . .
RUN cp "$(.ci/static release)" /restart-operator

FROM scratch
LABEL org.opencontainers.image.title="restart-operator"
LABEL org.opencontainers.image.version="0.1.0"
LABEL org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /restart-operator /restart-operator
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/restart-operator"]
