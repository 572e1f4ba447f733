import com.lark.oapi.core.request.EventReq;
import com.lark.oapi.core.response.EventResp;
import com.lark.oapi.event.EventDispatcher;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;

class Callback {
    public static void main(String[] args) throws IOException {
        EventDispatcher events =
            Events.dispatcher(System.getenv("VERIFICATION_TOKEN"), System.getenv("ENCRYPT_KEY"));
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/webhook/event", exchange -> answer(exchange, events));
        server.start();
    }

    private static void answer(HttpExchange exchange, EventDispatcher events) throws IOException {
        EventReq req = new EventReq();
        req.setHttpPath(exchange.getRequestURI().getPath());
        req.setHeaders(exchange.getRequestHeaders());
        req.setBody(exchange.getRequestBody().readAllBytes());
        try (exchange) {
            EventResp resp = events.handle(req);
            exchange.getResponseHeaders().putAll(resp.getHeaders());
            exchange.sendResponseHeaders(resp.getStatusCode(), resp.getBody().length);
            exchange.getResponseBody().write(resp.getBody());
        } catch (Throwable error) {
            throw new IOException(error);
        }
    }
}
