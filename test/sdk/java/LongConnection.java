import com.lark.oapi.ws.Client;

class LongConnection {
    public static void main(String[] args) {
        new Client.Builder(System.getenv("APP_ID"), System.getenv("APP_SECRET"))
            .domain(System.getenv("DOMAIN"))
            .eventHandler(Events.dispatcher("", ""))
            .build()
            .start();
    }
}
