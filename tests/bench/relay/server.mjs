// A socket.io server that hands messages from peer to peer: what ours is compared with.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => {
  socket.on("enter", (room, done) => {
    void socket.join(room);
    done(socket.id);
  });
  socket.on("offer", (message, done) => {
    io.to(message.to).emit("offer", { from: socket.id, sdp: message.sdp });
    done();
  });
});
http.listen(0, "127.0.0.1", () => console.log(/** @type {any} */ (http.address()).port));
