/// The description of the API in the words of OpenAPI 3.1: `openapi.json` beside this folder.
enum OpenAPI {
    static let document = PackageResources.openapi_json
}
