import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.lark.oapi.core.request.EventReq;
import com.lark.oapi.event.CustomEventHandler;
import com.lark.oapi.event.EventDispatcher;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/** What both programs do with an event. */
class Events extends CustomEventHandler {
    private final AtomicReference<String> first = new AtomicReference<>(System.getenv("FIRST"));

    static EventDispatcher dispatcher(String verificationToken, String encryptKey) {
        return EventDispatcher.newBuilder(verificationToken, encryptKey)
            .onCustomizedEvent("approval_cc", new Events())
            .build();
    }

    /** Prints what a consumer works with. FIRST says what becomes of the first event: fail throws, hang never ends. */
    @Override
    public void handle(EventReq req) throws Exception {
        JsonObject envelope = JsonParser.parseString(textOf(req)).getAsJsonObject();
        JsonObject event = envelope.getAsJsonObject("event");
        JsonObject line = new JsonObject();
        line.add("uuid", envelope.get("uuid"));
        line.add("token", envelope.get("token"));
        for (String name : new String[] {"instance_code", "operate", "from"}) {
            line.add(name, event.get(name));
        }
        System.out.println(line);
        String fate = first.getAndSet(null);
        if ("hang".equals(fate)) {
            Thread.sleep(Long.MAX_VALUE);
        }
        if ("fail".equals(fate)) {
            throw new IllegalStateException("the first event fails");
        }
    }

    /** A callback's body is as it came and its plain text beside it; over the long connection there is the body alone. */
    private static String textOf(EventReq req) {
        return req.getPlain() != null ? req.getPlain() : new String(req.getBody(), StandardCharsets.UTF_8);
    }
}
