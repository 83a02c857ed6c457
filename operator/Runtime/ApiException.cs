using System.Net;

namespace SealFs.Operator.Runtime;

/// <summary>The API server refused a request, or could not be reached.</summary>
public sealed class ApiException : Exception
{
    public ApiException(HttpStatusCode? code, string reason, string message, Exception? inner = null) : base(message, inner)
    {
        Code = code;
        Reason = reason;
    }

    /// <summary>Null when there was no answer.</summary>
    public HttpStatusCode? Code { get; }

    /// <summary>The word of the API server: NotFound, Conflict, AlreadyExists, Invalid, Expired, …</summary>
    public string Reason { get; }

    public bool IsNotFound => Code == HttpStatusCode.NotFound;

    public bool IsConflict => Code == HttpStatusCode.Conflict;

    public bool IsGone => Code == HttpStatusCode.Gone;

    public bool IsInvalid => Code is HttpStatusCode.UnprocessableEntity or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest;

    /// <summary>The same request may succeed later, without anybody changing anything.</summary>
    public bool IsTransient => Code is null or HttpStatusCode.TooManyRequests or HttpStatusCode.Conflict or >= HttpStatusCode.InternalServerError;
}
