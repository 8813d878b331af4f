# An image of nothing but fini,
#
#	docker build -t fini .
#
# to be used as
#
#	COPY --from=fini /fini /fini
#	ENTRYPOINT ["/fini", "--"]
#
# Another base: --build-arg BASE=. What is here for Alpine was read, not tried.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
# gcc and make; `make` gets the rest itself. Where there is no apt nothing is
# installed for it, so all is named here.
RUN if command -v apk; then \
		apk add --no-cache binutils gcc libcap-dev libcap-static \
			libseccomp-dev linux-headers make musl-dev; \
	else \
		apt-get update && apt-get install -y --no-install-recommends gcc make; \
	fi
COPY . /src
# What --version is to say; .git stays outside.
ARG COMMIT=unknown
RUN make -C /src size all COMMIT="${COMMIT}"

# The companion on the host: --target doctor.
FROM scratch AS doctor
COPY --from=build /src/build/fini-doctor /fini-doctor
ENTRYPOINT ["/fini-doctor"]

FROM scratch
COPY --from=build /src/build/fini /fini
ENTRYPOINT ["/fini", "--"]
