use super::*;

#[test]
fn every_reference_leads_somewhere_and_every_key_says_what_it_is() {
    fn look(value: &Value, defs: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    assert!(defs[reference.trim_start_matches("#/$defs/")].is_object(), "{reference}");
                }
                if let Some(Value::Object(properties)) = map.get("properties") {
                    for (key, value) in properties {
                        assert!(value["description"].as_str().is_some_and(|text| !text.is_empty()), "{key}");
                    }
                }
                map.values().for_each(|value| look(value, defs));
            }
            Value::Array(items) => items.iter().for_each(|value| look(value, defs)),
            _ => {}
        }
    }
    let schema = json_schema();
    look(&schema, &schema["$defs"]);
    assert_eq!(schema["properties"]["train"]["properties"]["epochs"]["minimum"], 1);
    assert_eq!(schema["properties"]["train"]["properties"]["epochs"]["default"], 50);
    assert_eq!(schema["$defs"]["optimizer"]["maxProperties"], 1);
}
