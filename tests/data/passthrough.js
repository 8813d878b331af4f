// passthrough.js DIRECTORY MOUNTPOINT: serves a directory in JavaScript, by fuse-native (NODE_PATH says where that is).
// All its I/O is asynchronous. At SIGTERM it unmounts, as its users' programs do; that waits for the last request.
'use strict'
const fs = require('fs')
const Fuse = require('fuse-native')

const [root, mountpoint] = process.argv.slice(2)
const real = path => root + path

// What Node's callbacks tell, as fuse-native wants it: an errno below zero, or 0 and a value.
const tell = done => (error, value) => error ? done(error.errno || Fuse.EIO) : done(0, value)
// read and write have no other way to tell an error than a count below zero.
const count = done => (error, n) => done(error ? error.errno || Fuse.EIO : n)

function writeAll (fd, buffer, at, size, position, done) {
  fs.write(fd, buffer, at, size - at, position + at, (error, n) => {
    if (error) return done(error)
    if (at + n < size) return writeAll(fd, buffer, at + n, size, position, done)
    done(null, size)
  })
}

const fuse = new Fuse(mountpoint, {
  readdir: (path, done) => fs.readdir(real(path), tell(done)),
  getattr: (path, done) => fs.lstat(real(path), tell(done)),
  fgetattr: (path, fd, done) => fs.lstat(real(path), tell(done)),
  create: (path, mode, done) => fs.open(real(path), 'w+', mode, tell(done)),
  open: (path, flags, done) => fs.open(real(path), flags, tell(done)),
  read: (path, fd, buffer, size, position, done) => fs.read(fd, buffer, 0, size, position, count(done)),
  write: (path, fd, buffer, size, position, done) => writeAll(fd, buffer, 0, size, position, count(done)),
  truncate: (path, size, done) => fs.truncate(real(path), size, tell(done)),
  ftruncate: (path, fd, size, done) => fs.truncate(real(path), size, tell(done)),
  rename: (from, to, done) => fs.rename(real(from), real(to), tell(done)),
  release: (path, fd, done) => fs.close(fd, tell(done))
})

function failed (error) {
  console.error(error.message)
  process.exit(1)
}

fuse.open(error => error && failed(error))
process.once('SIGTERM', () => fuse.close(error => error ? failed(error) : process.exit(0)))
