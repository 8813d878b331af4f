# An image with nothing but fini in it:
#
#	docker build -t fini .
#
# Use it like this:
#
#	COPY --from=fini /fini /fini
#	ENTRYPOINT ["/fini", "--"]
#
# Another base: --build-arg BASE=. The lines for Alpine were never tried.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
# gcc and make; with apt, `make` installs the rest. Without apt it does not, so
# all packages are named here.
RUN if command -v apk; then \
		apk add --no-cache binutils gcc libcap-dev libcap-static \
			libseccomp-dev linux-headers make musl-dev; \
	else \
		apt-get update && apt-get install -y --no-install-recommends gcc make; \
	fi
COPY . /src
# For --version; .git is not sent to the builder.
ARG COMMIT=unknown
RUN make -C /src size all COMMIT="${COMMIT}"

# The companion on the host: --target doctor.
FROM scratch AS doctor
COPY --from=build /src/build/fini-doctor /fini-doctor
ENTRYPOINT ["/fini-doctor"]

FROM scratch
COPY --from=build /src/build/fini /fini
ENTRYPOINT ["/fini", "--"]
