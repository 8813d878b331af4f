# Debian packages, NEED_GOAL for each goal. tools/need installs those that are
# missing, and only for the goals that were asked for (setup).
NEED_build = binutils dpkg-dev gcc libc6-dev libseccomp-dev linux-libc-dev \
	musl-tools
NEED_demo  = fuse3 libfuse3-dev pkg-config procps python3 tini util-linux
NEED_bench = $(NEED_demo) catatonit dumb-init strace
NEED_data-table = $(NEED_demo) archivemount bindfs catatonit davfs2 dumb-init \
	e2fsprogs fuse2fs glusterfs-client glusterfs-server libfuse2 python3-fusepy \
	zfs-fuse \
	fuse-overlayfs gocryptfs mergerfs mount ntfs-3g openssh-client \
	openssh-server rclone s3fs squashfs-tools squashfuse sshfs tar \
	$(if $(shell command -v npm),,nodejs npm)
NEED_check = $(NEED_demo) bindfs catatonit clang clang-format cppcheck \
	dumb-init e2fsprogs libcap-dev \
	libcmocka-dev mandoc ntfs-3g openssh-client openssh-server python3-pytest \
	python3-pytest-xdist runit s6 screen shellcheck spin sshfs strace tmux
NEED_engines = $(NEED_demo) bindfs busybox-static catatonit containerd crun \
	docker.io fuse-overlayfs podman protobuf-compiler python3-grpcio \
	python3-protobuf python3-pytest python3-pytest-xdist runc tmux \
	uidmap
NEED_architecture = graphviz python3
NEED_deb = build-essential debhelper fakeroot
NEED_packages-check = $(NEED_deb) buildah catatonit crun debootstrap \
	docker-compose docker.io git gzip lintian locales man-db podman \
	python3-pytest python3-pytest-xdist python3-yaml tar util-linux
NEED = $(NEED_build) $(foreach goal,$(MAKECMDGOALS),$(NEED_$(goal))) \
	$(NEED_PORTS) \
	$(if $(filter unit model system lint build/unit/% build/tests/%, \
	$(MAKECMDGOALS)),$(NEED_check))
