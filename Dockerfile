# The program alone, on nothing: no shell, no package manager, no other file but the certificates.
FROM rust:1-slim AS build
WORKDIR /src
COPY . .
# Linked statically, glibc included. The target is named, even though it is the machine's own, because
# otherwise the flag would hit the procedural macros too, and they cannot be built that way.
RUN target=$(rustc -vV | sed -n 's/^host: //p') \
 && RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --locked --release --target "$target" --package restart-operator --bin restart-operator \
 && cp "target/$target/release/restart-operator" /restart-operator

FROM scratch
LABEL org.opencontainers.image.title="restart-operator" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /restart-operator /restart-operator
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
ENTRYPOINT ["/restart-operator"]
